select k.id, k.name, k.permissions, k.sites, k.last_used, k.created_by, k.tenant_id, u.name as maker,
       array(select distinct m.role from memberships m where m.user_id = u.id) as roles
from api_keys k join users u on u.id = k.created_by
where k.token_hash = $1 and k.expires_at > $2 and k.revoked_at is null and u.disabled_at is null
