update stays
set plate = $3, vehicle_type = $4, entered_at = $5, exited_at = $6, state = $7, charged_minor = $8, note = $9
where site_id = $1 and id = $2
