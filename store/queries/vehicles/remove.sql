delete from vehicles where site_id = $1 and id = $2
