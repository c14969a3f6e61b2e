select site_id, id, version, name, body, valid_from, created_at, created_name from tariffs where site_id = $1 and id = $2
