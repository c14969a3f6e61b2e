select id from vehicle_imports where site_id = $1 and id = $2 for update
