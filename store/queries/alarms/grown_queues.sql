-- Lanes whose events have waited for too long already. What a person closed since stays closed until the lane keeps up.
select d.site_id, d.lane_id, ds.backlog_since as since
from devices d
join device_state ds on ds.site_id = d.site_id and ds.device_id = d.id
where d.revoked_at is null and ds.backlog_since < now() - $1::bigint * interval '1 ms'
  and ds.last_seen > now() - $2::bigint * interval '1 ms'
  and not exists (
      select from alarms a
      where a.site_id = d.site_id and a.lane_id = d.lane_id and a.kind = 'queue_growing' and a.raised_at > ds.backlog_since
  )
order by d.site_id, d.lane_id
