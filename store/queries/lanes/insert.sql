insert into lanes (site_id, id, code, name, direction) values ($1, $2, $3, $4, $5)
