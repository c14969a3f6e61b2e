insert into reading_counts (site_id, lane_id, hour, read_right, missed)
select w.site_id, w.lane_id, date_trunc('hour', w.at, 'UTC'), count(*) filter (where w.is_read), count(*) filter (where not w.is_read)
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[]) as w (site_id, lane_id, at, is_read)
group by 1, 2, 3
on conflict (site_id, lane_id, hour) do update set
    read_right = reading_counts.read_right + excluded.read_right,
    missed = reading_counts.missed + excluded.missed
