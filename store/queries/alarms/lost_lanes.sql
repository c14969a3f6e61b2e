-- Lanes with a live device that was heard before and is not any more. What a person closed since stays closed until the
-- lane is heard.
select d.site_id, d.lane_id, ds.last_seen as since
from devices d
join device_state ds on ds.site_id = d.site_id and ds.device_id = d.id
where d.revoked_at is null and ds.last_seen < now() - $1::bigint * interval '1 ms'
  and not exists (
      select from alarms a
      where a.site_id = d.site_id and a.lane_id = d.lane_id and a.kind = 'lane_lost' and a.raised_at > ds.last_seen
  )
order by d.site_id, d.lane_id
