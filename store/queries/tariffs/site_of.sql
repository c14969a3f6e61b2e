select site_id from tariffs where id = $1
