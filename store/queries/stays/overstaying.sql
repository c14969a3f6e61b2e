select s.id, s.plate, s.vehicle_type, s.entered_at, s.entry_code, l.code as entry_lane
from stays s
left join lanes l on l.site_id = s.site_id and l.id = s.entry_lane_id
where s.site_id = $1 and s.state = 'open' and s.entered_at < $2
  and ($3::timestamptz is null or (s.entered_at, s.id) > ($3, $4))
order by s.entered_at, s.id
limit $5
