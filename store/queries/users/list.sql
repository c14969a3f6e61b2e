select u.id, u.name, u.disabled_at
from users u
where u.tenant_id = $1
order by lower(u.name)
