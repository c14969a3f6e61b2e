select a.site_id, a.id, a.lane_id, a.kind, a.subject
from unnest($1::uuid[], $2::uuid[]) as w (site_id, lane_id)
join alarms a on a.site_id = w.site_id and a.lane_id = w.lane_id and a.closed_at is null
