update users set totp_secret = null, totp_confirmed_at = null, totp_last_step = null where id = $1
