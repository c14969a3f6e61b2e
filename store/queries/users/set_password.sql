update users set password_hash = $2, password_set_at = now() where id = $1
