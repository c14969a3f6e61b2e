delete from vehicle_import_lines where site_id = $1 and import_id = $2
