select count(*) as admins
from users u
where u.tenant_id = $1 and u.id <> $2 and u.disabled_at is null
  and exists (select from memberships m where m.user_id = u.id and m.site_id is null and m.role = 'admin')
