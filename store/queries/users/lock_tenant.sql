select id from tenants where id = $1 for update
