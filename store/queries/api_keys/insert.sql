insert into api_keys (tenant_id, id, name, token_hash, permissions, sites, created_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
