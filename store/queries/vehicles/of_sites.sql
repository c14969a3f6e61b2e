select v.site_id, v.id, v.plate, v.plate_typed, v.country, v.vehicle_type, v.contact_name, v.phone, v.owner, v.notes, v.version,
       v.created_at, v.changed_at
from vehicles v
where v.site_id = any ($1) and (v.id = $2 or v.plate = $3)
limit 2
