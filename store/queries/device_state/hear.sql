update device_state ds set epoch = $3, boot = $4, uptime_ms = $5, heard_at = $6, last_seen = $6, list_version = $8, hello = $9,
       command_counter = greatest(ds.command_counter, $7), spool = coalesce($10, ds.spool), clock_ahead_ms = $11,
       backlog_since = case when $13 then coalesce(ds.backlog_since, $6) end
from device_state before
join devices d on d.site_id = before.site_id and d.id = before.device_id
join lanes l on l.site_id = d.site_id and l.id = d.lane_id
where ds.site_id = $1 and ds.device_id = $2 and before.site_id = ds.site_id and before.device_id = ds.device_id
  and (ds.epoch = $3 or $12)
returning ds.kept_upto, ds.behind_epoch, ds.behind_above, ds.clock_level,
          before.hello -> 'lane_mode' ->> 'mode' as mode_before, l.mode, l.mode_version, l.mode_until
