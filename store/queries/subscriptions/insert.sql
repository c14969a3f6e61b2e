insert into subscriptions (site_id, id, plate, kind, holder, valid_from, valid_until, plate_typed)
values ($1, $2, $3, $4, $5, $6, $7, $8)
