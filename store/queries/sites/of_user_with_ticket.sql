select s.id, s.tenant_id, s.code, s.name, s.time_zone, s.currency, s.languages, s.mode, s.capacity, s.visitors, s.passback, s.plate_only_limit_minor, s.list_key,
       coalesce(array_agg(distinct m.role) filter (where m.role is not null), '{}') as roles
from sites s
left join memberships m on m.user_id = $2 and m.tenant_id = s.tenant_id and (m.site_id is null or m.site_id = s.id)
where s.tenant_id = $1 and ($2::uuid is null or m.user_id is not null) and ($3::uuid[] is null or s.id = any ($3))
  and exists (select from tickets t where t.site_id = s.id and t.number = $4)
group by s.id
limit 1
