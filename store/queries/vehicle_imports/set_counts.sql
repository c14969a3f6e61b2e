update vehicle_imports set created = $3, changed = $4, unchanged = $5 where site_id = $1 and id = $2
