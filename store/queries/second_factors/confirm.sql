update users set totp_confirmed_at = $2, totp_last_step = $3 where id = $1
