insert into validations (site_id, id, code_id, stay_id, redeemed_by, redeemed_name, redeemed_at, given_minutes)
values ($1, $2, $3, $4, $5, $6, $7, $8)
