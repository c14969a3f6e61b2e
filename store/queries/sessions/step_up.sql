update sessions set stepped_up_at = $2 where token_hash = $1
