insert into subscriptions (site_id, id, holder, contact_email, contact_phone, note, plan_id, valid_from, valid_until, places,
    uses_per_month, outside_terms, windows, lanes)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
