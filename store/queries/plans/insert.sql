insert into plans (site_id, id, name, price_minor, currency, period, places, uses_per_month, outside_terms, windows, lanes)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
