select u.id, u.name, u.role, u.disabled_at,
       coalesce(array_agg(s.code order by s.code) filter (where s.code is not null), '{}') as sites
from users u
left join user_sites us on us.user_id = u.id
left join sites s on s.id = us.site_id
where u.tenant_id = $1
group by u.id
order by lower(u.name)
