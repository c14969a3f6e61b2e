insert into bi.readers (role_name, tenant_id) values ($1, $2)
