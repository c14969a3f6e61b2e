select i.site_id, i.id, i.file_name, i.made_at, i.made_name, i.lines, i.created, i.changed, i.unchanged, i.faulty, i.undone_at, i.undone_name,
       exists (select from vehicle_import_lines l where l.site_id = i.site_id and l.import_id = i.id) as can_be_undone
from vehicle_imports i
where i.site_id = $1 and ($2::uuid is null or i.id < $2) and ($3::uuid is null or i.id = $3)
order by i.id desc
limit $4
