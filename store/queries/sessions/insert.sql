insert into sessions (id, token_hash, user_id, kind, created_at, expires_at, last_seen, address, agent) values ($1, $2, $3, $4, $5, $6, $5, $7, $8)
