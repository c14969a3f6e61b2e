update api_keys set last_used = $2 where id = $1
