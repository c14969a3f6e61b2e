update vehicle_imports set undone_at = $3, undone_name = $4 where site_id = $1 and id = $2
