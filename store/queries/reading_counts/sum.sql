select coalesce(sum(read_right), 0)::bigint as read_right, coalesce(sum(corrected), 0)::bigint as corrected,
       coalesce(sum(missed), 0)::bigint as missed
from reading_counts
where site_id = $1 and lane_id = $2 and hour >= date_trunc('hour', $3::timestamptz, 'UTC') and hour < $4
