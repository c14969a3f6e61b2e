update users set totp_last_step = $2 where id = $1
