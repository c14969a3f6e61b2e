select request_hash, status, response from idempotency_keys where user_id = $1 and key = $2
