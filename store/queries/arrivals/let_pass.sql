update arrivals set outcome = 'open', code = $3 where site_id = $1 and id = $2
