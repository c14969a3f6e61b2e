select tenant_id, id, name, password_hash, role, disabled_at from users where id = $1
