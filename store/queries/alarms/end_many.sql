update alarms a set closed_at = w.at
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as w (site_id, id, at)
where a.site_id = w.site_id and a.id = w.id and a.closed_at is null
