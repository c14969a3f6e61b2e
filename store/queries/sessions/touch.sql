update sessions set last_seen = $2 where id = $1
