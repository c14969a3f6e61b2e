insert into tariffs (site_id, id, version, name, body, valid_from, created_by) values ($1, $2, $3, $4, $5, $6, $7)
