select r.site_id, r.id, r.direction, r.action, r.reason, r.requested_by, asker.name as requested_name, r.requested_at, r.expires_at,
       r.confirmed_by, seconder.name as confirmed_name, r.confirmed_at
from hold_all_requests r
left join users asker on asker.id = r.requested_by
left join users seconder on seconder.id = r.confirmed_by
where r.site_id = $1 and ($2::uuid is null or r.id = $2) and ($3::timestamptz is null or (r.confirmed_at is null and r.expires_at > $3))
order by r.id
