select d.site_id, d.device_id, d.kept_upto, d.epoch, d.boot, d.uptime_ms, d.heard_at, d.command_counter,
       d.events_boot, d.before_boot, d.behind_epoch, d.behind_above, d.ids_until
from unnest($1::uuid[], $2::uuid[]) as w (site_id, device_id)
join device_state d on d.site_id = w.site_id and d.device_id = w.device_id
