insert into subscription_plates (site_id, id, subscription_id, plate, plate_typed, added_at, added_by) values ($1, $2, $3, $4, $5, $6, $7)
