update reading_counts set
    corrected = corrected + 1,
    read_right = read_right - case when $4 then 1 else 0 end,
    missed = missed - case when $4 then 0 else 1 end
where site_id = $1 and lane_id = $2 and hour = date_trunc('hour', $3::timestamptz, 'UTC')
  and case when $4 then read_right else missed end > 0
