update api_keys set revoked_at = $3 where tenant_id = $1 and (lower(name) = lower($2) or id::text = $2) and revoked_at is null
returning id
