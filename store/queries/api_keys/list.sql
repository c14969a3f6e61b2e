select k.id, k.name, k.permissions, k.created_at, k.expires_at, k.last_used, k.revoked_at, u.name as maker,
       array(select s.code from sites s where s.id = any (k.sites) order by s.code) as sites,
       k.sites is null as every_site
from api_keys k join users u on u.id = k.created_by
where k.tenant_id = $1
order by k.revoked_at is not null, lower(k.name), k.created_at
