select p.plate, 'subscription' as kind, s.valid_from, least(s.valid_until, s.ended_at) as valid_until, s.windows, s.lanes,
       s.paused_from, s.paused_until, coalesce(s.outside_terms, a.outside_terms, 'visitor') as outside_terms,
       s.places is not null or s.uses_per_month is not null as counted
from subscriptions s
join subscription_plates p on p.site_id = s.site_id and p.subscription_id = s.id and p.removed_at is null
left join access_settings a on a.site_id = s.site_id
where s.site_id = $1 and s.kind = 'subscription' and (s.valid_until is null or s.valid_until > $2) and (s.ended_at is null or s.ended_at > $2)
union all
select plate, 'block' as kind, valid_from, valid_until, '[]'::jsonb as windows, '{}'::uuid[] as lanes,
       null as paused_from, null as paused_until, 'visitor' as outside_terms, false as counted
from blocklist
where site_id = $1 and lifted_at is null and (valid_until is null or valid_until > $2)
