select a.site_id, a.id, a.lane_id, a.kind, a.subject
from alarms a
where a.site_id = $1 and a.kind = $2 and a.lane_id is not distinct from $3 and a.subject = $4 and a.closed_at is null
