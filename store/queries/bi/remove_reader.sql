delete from bi.readers where role_name = $1 and tenant_id = $2
