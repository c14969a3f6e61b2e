delete from vehicle_import_lines l using vehicle_imports i
where i.site_id = l.site_id and i.id = l.import_id and i.made_at < now() - interval '30 days'
