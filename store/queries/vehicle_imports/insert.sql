insert into vehicle_imports (site_id, id, file_name, made_at, made_by, made_name, lines, created, changed, unchanged, faulty)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
