select role_name, made_at from bi.readers where tenant_id = $1 order by role_name
