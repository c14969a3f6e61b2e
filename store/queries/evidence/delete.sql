delete from evidence where site_id = $1 and sha256 = $2
