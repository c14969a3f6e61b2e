update sites set name = $2, time_zone = $3, currency = $4 where id = $1
