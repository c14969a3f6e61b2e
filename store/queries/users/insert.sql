insert into users (tenant_id, id, name, email, password_hash, password_set_at) values ($1, $2, $3, $4, $5, $6)
