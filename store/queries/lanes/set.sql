update lanes set name = $3, direction = $4 where site_id = $1 and id = $2
