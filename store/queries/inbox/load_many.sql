select i.site_id, i.device_id, i.seq, i.last_seq
from unnest($1::uuid[], $2::uuid[]) as w (site_id, device_id)
join inbox i on i.site_id = w.site_id and i.device_id = w.device_id
