update lanes l set command_counter = w.counter
from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as w (site_id, id, counter)
where l.site_id = w.site_id and l.id = w.id
