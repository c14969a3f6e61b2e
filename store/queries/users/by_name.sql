select u.tenant_id, t.name as tenant_name, u.id, u.name, u.email, u.password_hash, u.password_set_at,
       u.totp_confirmed_at, u.disabled_at
from users u join tenants t on t.id = u.tenant_id
where lower(u.name) = lower($1)
order by u.tenant_id
