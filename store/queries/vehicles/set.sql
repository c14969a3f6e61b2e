update vehicles
set plate = $3, plate_typed = $4, country = $5, vehicle_type = $6, contact_name = $7, phone = $8, owner = $9, notes = $10,
    people_key = $11, changed_by = $12, changed_at = now(), version = version + 1
where site_id = $1 and id = $2
