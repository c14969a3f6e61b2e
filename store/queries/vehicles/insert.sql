insert into vehicles (site_id, id, plate, plate_typed, country, vehicle_type, contact_name, phone, owner, notes, people_key, changed_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
