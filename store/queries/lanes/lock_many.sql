select l.site_id, l.id as lane_id, l.command_counter, l.mode
from unnest($1::uuid[], $2::uuid[]) as w (site_id, id)
join lanes l on l.site_id = w.site_id and l.id = w.id
order by l.site_id, l.id
for no key update of l
