insert into blocklist (site_id, id, plate, reason, valid_from, valid_until, created_by, plate_typed)
values ($1, $2, $3, $4, $5, $6, $7, $8)
