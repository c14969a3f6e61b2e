-- Open alarms whose cause is over: the lane is heard again (or its device gone), its queue is short, or it does not name the
-- fault any more in a hello that is newer than the alarm and had no events waiting.
select a.site_id, a.id, a.lane_id, a.kind, a.subject
from alarms a
left join devices d on d.site_id = a.site_id and d.lane_id = a.lane_id and d.revoked_at is null
left join device_state ds on ds.site_id = d.site_id and ds.device_id = d.id
where a.closed_at is null and a.lane_id is not null and (
    (a.kind = 'lane_lost' and (d.id is null or ds.last_seen > now() - $1::bigint * interval '1 ms'))
    or (a.kind = 'queue_growing' and (d.id is null or (ds.backlog_since is null and ds.last_seen > a.raised_at)))
    or (a.kind = any ($2) and ds.heard_at > a.last_at + interval '15 s' and ds.hello ->> 'backlog' = '0'
        and not ds.hello -> 'faults' ? a.code)
)
order by a.site_id, a.id
