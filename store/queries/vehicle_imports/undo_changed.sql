update vehicles v
set plate_typed = b.plate_typed, country = b.country, vehicle_type = b.vehicle_type, contact_name = b.contact_name, phone = b.phone,
    owner = b.owner, notes = b.notes, people_key = b.people_key, changed_by = $3, changed_at = now(), version = v.version + 1
from vehicle_import_lines l, lateral jsonb_populate_record(null::vehicles, l.before) b
where l.site_id = $1 and l.import_id = $2 and l.before is not null and v.site_id = $1 and v.id = l.vehicle_id and v.version = l.version
