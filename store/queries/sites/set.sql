update sites set name = $2, time_zone = $3, currency = $4, languages = $5, capacity = $6 where id = $1
