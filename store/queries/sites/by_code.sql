select id, tenant_id, code, name, time_zone, currency, languages, mode, capacity, visitors, passback, plate_only_limit_minor, list_key from sites where code = $1
