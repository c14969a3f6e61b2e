insert into validation_codes (site_id, id, code, label, benefit, most_off_minor, max_uses, valid_from, valid_until, created_by, created_name, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
