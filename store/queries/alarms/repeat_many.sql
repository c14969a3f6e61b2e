update alarms a set times = a.times + w.times, last_at = greatest(a.last_at, w.last_at), params = w.params
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[], $5::jsonb[]) as w (site_id, id, times, last_at, params)
where a.site_id = w.site_id and a.id = w.id and a.closed_at is null
