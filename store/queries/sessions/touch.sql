update sessions set last_seen = $2 where token_hash = $1
