insert into vehicles (site_id, id, plate, country, vehicle_type, note, plate_typed) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (site_id, plate) do update set country = excluded.country, vehicle_type = excluded.vehicle_type,
    note = excluded.note, plate_typed = excluded.plate_typed
