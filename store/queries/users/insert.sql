insert into users (tenant_id, id, name, password_hash, role) values ($1, $2, $3, $4, $5)
