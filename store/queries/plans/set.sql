update plans set name = $3, price_minor = $4, currency = $5, period = $6, places = $7, uses_per_month = $8, outside_terms = $9,
    windows = $10, lanes = $11
where site_id = $1 and id = $2
