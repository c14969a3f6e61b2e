update tickets set settled_at = $3, settled_name = $4, payment_method = $5 where site_id = $1 and id = $2 and settled_at is null
