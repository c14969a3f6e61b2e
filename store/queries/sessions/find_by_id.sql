select s.id, s.user_id, s.kind, s.expires_at, s.last_seen, s.stepped_up_at, u.tenant_id, u.name,
       array(select distinct m.role from memberships m where m.user_id = u.id) as roles
from sessions s join users u on u.id = s.user_id
where s.id = $1 and s.expires_at > $2 and u.disabled_at is null
