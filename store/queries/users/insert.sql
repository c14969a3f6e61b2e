insert into users (tenant_id, id, name, password_hash) values ($1, $2, $3, $4)
