select u.id, u.name, u.email, u.password_set_at, u.totp_confirmed_at, u.disabled_at
from users u
where u.tenant_id = $1
order by lower(u.name)
