insert into idempotency_keys (user_id, key, request_hash, status, response, created_at) values ($1, $2, $3, $4, $5, $6)
