insert into one_time_links (token_hash, kind, user_id, created_at, expires_at) values ($1, $2, $3, $4, $5)
