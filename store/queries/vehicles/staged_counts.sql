select count(*) filter (where v.id is null) as created,
       count(*) filter (where v.id is not null and (v.plate_typed, v.country, v.vehicle_type, v.contact_name, v.phone, v.owner, v.notes)
           is distinct from (s.plate_typed, s.country, s.vehicle_type, s.contact_name, s.phone, s.owner, s.notes)) as changed,
       count(*) filter (where v.id is not null and (v.plate_typed, v.country, v.vehicle_type, v.contact_name, v.phone, v.owner, v.notes)
           is not distinct from (s.plate_typed, s.country, s.vehicle_type, s.contact_name, s.phone, s.owner, s.notes)) as unchanged
from staged_vehicles s
left join vehicles v on v.site_id = $1 and v.plate = s.plate
