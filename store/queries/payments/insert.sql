insert into payments (site_id, id, stay_id, entry_id, method, amount_minor, currency, reference, taken_by, taken_name, taken_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
