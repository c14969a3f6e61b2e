select count(*) as admins
from users u
where u.disabled_at is null and u.password_set_at is not null
  and exists (select from memberships m where m.user_id = u.id and m.site_id is null and m.role = 'admin')
