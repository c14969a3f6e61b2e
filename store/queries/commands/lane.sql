select l.command_counter, s.code as site_code, l.code as lane_code, d.id as device_id, d.code as device_code,
       ds.epoch, ds.uptime_ms, ds.heard_at, ds.command_counter as device_counter
from lanes l
join sites s on s.id = l.site_id
left join devices d on d.site_id = l.site_id and d.lane_id = l.id and d.revoked_at is null
left join device_state ds on ds.site_id = d.site_id and ds.device_id = d.id
where l.site_id = $1 and l.id = $2
for no key update of l
