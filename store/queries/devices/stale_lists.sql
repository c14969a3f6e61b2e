select d.site_id, d.id as device_id, d.lane_id, s.code as site_code, l.code as lane_code, st.list_version
from devices d
join device_state ds on ds.site_id = d.site_id and ds.device_id = d.id
join site_state st on st.site_id = d.site_id
join sites s on s.id = d.site_id
join lanes l on l.site_id = d.site_id and l.id = d.lane_id
where d.revoked_at is null and ds.list_version <> st.list_version and ds.last_seen > now() - interval '1 minute'
order by d.site_id, l.code
