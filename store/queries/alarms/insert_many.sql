insert into alarms (site_id, id, lane_id, kind, subject, code, params, raised_at, last_at, times, closed_at)
select site_id, id, lane_id, kind, subject, code, params, raised_at, last_at, times, closed_at
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::timestamptz[], $9::timestamptz[], $10::int[], $11::timestamptz[])
    as w (site_id, id, lane_id, kind, subject, code, params, raised_at, last_at, times, closed_at)
