delete from vehicles v using vehicle_import_lines l
where l.site_id = $1 and l.import_id = $2 and l.before is null and v.site_id = $1 and v.id = l.vehicle_id and v.version = l.version
