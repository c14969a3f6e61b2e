with created as (
    insert into vehicles (site_id, id, plate, plate_typed, country, vehicle_type, contact_name, phone, owner, notes, people_key, changed_by)
    select $1, s.id, s.plate, s.plate_typed, s.country, s.vehicle_type, s.contact_name, s.phone, s.owner, s.notes, s.people_key, $3
    from staged_vehicles s
    order by s.line
    on conflict (site_id, plate) do nothing
    returning id, version
)
insert into vehicle_import_lines (site_id, import_id, vehicle_id, before, version)
select $1, $2, id, null, version from created
