update validations set taken_minutes = $3 where site_id = $1 and id = $2
