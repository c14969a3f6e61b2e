select u.totp_secret as secret, u.totp_confirmed_at as confirmed_at, u.totp_last_step as last_step,
       (select count(*) from recovery_codes c where c.user_id = u.id and c.used_at is null) as codes_left
from users u
where u.id = $1
