select o.id, o.plate, o.entered_at, o.entry_code, r.reset_at, r.reason, u.name as reset_name,
       (select s.holder from subscription_plates p join subscriptions s on s.site_id = p.site_id and s.id = p.subscription_id
        where p.site_id = o.site_id and p.plate = o.plate and p.removed_at is null limit 1) as holder
from stays o
left join lateral (
    select p.reset_at, p.reason, p.reset_by from passback_resets p
    where p.site_id = o.site_id and p.reset_at > o.entered_at and (p.stay_id = o.id or p.stay_id is null)
    order by p.reset_at desc limit 1
) r on true
left join users u on u.id = r.reset_by
where o.site_id = $1 and o.state = 'open' and o.plate is not null
  and ($2::text is null or twin_key(o.plate) like '%' || twin_key($2) || '%')
  and ($3::uuid is null or o.id < $3)
order by o.id desc
limit $4
