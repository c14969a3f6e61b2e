update device_state d set kept_upto = w.kept, kept_before = w.before, last_seen = w.at
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[]) as w (site_id, device_id, kept, before, at)
where d.site_id = w.site_id and d.device_id = w.device_id
