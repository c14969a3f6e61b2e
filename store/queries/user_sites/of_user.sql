select s.id, s.tenant_id, s.code, s.name, s.time_zone, s.currency, s.mode, s.capacity, s.visitors, s.passback, s.plate_only_limit_minor, s.list_key
from user_sites us join sites s on s.id = us.site_id
where us.user_id = $1
order by s.code
