select plate, 'subscription' as kind, valid_until from subscriptions
where site_id = $1 and kind = 'subscription' and (valid_from is null or valid_from <= $2) and (valid_until is null or valid_until > $2)
union all
select plate, 'block' as kind, valid_until from blocklist
where site_id = $1 and (valid_from is null or valid_from <= $2) and (valid_until is null or valid_until > $2)
