update validations set cancelled_at = $3, cancelled_name = $4 where site_id = $1 and id = $2 and cancelled_at is null
