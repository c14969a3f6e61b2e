insert into hold_all_requests (site_id, id, direction, action, reason, requested_by, requested_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
