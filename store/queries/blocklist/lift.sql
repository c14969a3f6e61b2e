update blocklist set lifted_at = $3, lifted_by = $4, lift_reason = $5 where site_id = $1 and id = $2 and lifted_at is null
