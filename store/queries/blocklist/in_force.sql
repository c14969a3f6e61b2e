select plate, 'block' as list from blocklist
where site_id = $1 and lifted_at is null and (valid_until is null or valid_until > $2)
union
select p.plate, 'right' as list from subscriptions s
join subscription_plates p on p.site_id = s.site_id and p.subscription_id = s.id and p.removed_at is null
where s.site_id = $1 and (s.valid_until is null or s.valid_until > $2) and (s.ended_at is null or s.ended_at > $2)
