select p.plate, s.holder from subscription_plates p
join subscriptions s on s.site_id = p.site_id and s.id = p.subscription_id
where p.site_id = $1 and p.plate = any ($2) and p.removed_at is null and s.kind = 'subscription' and s.id <> $3
  and (s.ended_at is null or s.ended_at > $4) and (s.valid_until is null or s.valid_until > $5)
  and ($6::timestamptz is null or s.valid_from is null or s.valid_from < $6)
order by p.plate
