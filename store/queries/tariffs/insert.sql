insert into tariffs (site_id, id, version, name, body, valid_from, created_by, created_name) values ($1, $2, $3, $4, $5, $6, $7, $8)
