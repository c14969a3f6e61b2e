update subscriptions set holder = $3, contact_email = $4, contact_phone = $5, note = $6, plan_id = $7, valid_from = $8, valid_until = $9,
    places = $10, uses_per_month = $11, outside_terms = $12, windows = $13, lanes = $14
where site_id = $1 and id = $2
