select e.device_id, e.id
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as w (site_id, device_id, id)
join events e on e.site_id = w.site_id and e.id = w.id and e.device_id = w.device_id
