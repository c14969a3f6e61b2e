update device_state d set kept_upto = w.kept, kept_before = w.before, last_seen = w.at,
       events_boot = w.events_boot, before_boot = w.before_boot,
       behind_epoch = case when w.behind_above is null then d.behind_epoch else d.epoch end,
       behind_above = coalesce(w.behind_above, d.behind_above)
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::bigint[], $7::bigint[], $8::bigint[])
    as w (site_id, device_id, kept, before, at, events_boot, before_boot, behind_above)
where d.site_id = w.site_id and d.device_id = w.device_id
