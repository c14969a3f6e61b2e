insert into sites (id, tenant_id, code, name, time_zone, currency, languages, mode, capacity, visitors, passback, plate_only_limit_minor, list_key)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
