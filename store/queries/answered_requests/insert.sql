insert into answered_requests (actor_kind, actor_id, key, request_hash, status, response, created_at) values ($1, $2, $3, $4, $5, $6, $7)
