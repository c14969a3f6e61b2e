select exists (
    select from blocklist
    where site_id = $1 and plate = $2 and lifted_at is null and (valid_until is null or valid_until > $3)
) as blocked
