update sessions set stepped_up_at = $2 where id = $1
