update write_probe set at = $1 where id = 1
