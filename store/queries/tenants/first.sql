select id, name from tenants order by created_at, id limit 1
