insert into tickets (site_id, id, number, kind, arrival_id, stay_id, plate, vehicle_type, issued_at, issued_by, issued_name)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (site_id, number) do nothing
