-- The vehicles that are here already and differ, with what they were.
with before as (
    select v.id as vehicle_id, to_jsonb(v) - 'look_alikes' as was, s.*
    from staged_vehicles s
    join vehicles v on v.site_id = $1 and v.plate = s.plate
    where (v.plate_typed, v.country, v.vehicle_type, v.contact_name, v.phone, v.owner, v.notes)
          is distinct from (s.plate_typed, s.country, s.vehicle_type, s.contact_name, s.phone, s.owner, s.notes)
    for update of v
), changed as (
    update vehicles v
    set plate_typed = b.plate_typed, country = b.country, vehicle_type = b.vehicle_type, contact_name = b.contact_name, phone = b.phone,
        owner = b.owner, notes = b.notes, people_key = b.people_key, changed_by = $3, changed_at = now(), version = v.version + 1
    from before b
    where v.site_id = $1 and v.id = b.vehicle_id
    returning v.id, v.version, b.was
)
insert into vehicle_import_lines (site_id, import_id, vehicle_id, before, version)
select $1, $2, id, was, version from changed
