select number from tickets where site_id = $1 and arrival_id = $2 order by id limit 1
