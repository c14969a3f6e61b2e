update users set totp_secret = $2, totp_confirmed_at = null, totp_last_step = null where id = $1
