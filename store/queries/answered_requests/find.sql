select request_hash, status, response from answered_requests where actor_kind = $1 and actor_id = $2 and key = $3
