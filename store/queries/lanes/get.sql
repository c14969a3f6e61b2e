select site_id, id, code, name, direction from lanes where site_id = $1 and id = $2
