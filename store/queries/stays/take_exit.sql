-- The exit of $3 becomes the exit of $2; what waits at a lane for $3 belongs to $2.
update stays s
set exit_lane_id = o.exit_lane_id, exit_arrival_id = o.exit_arrival_id, exited_at = o.exited_at, exit_code = o.exit_code,
    exit_evidence = o.exit_evidence, state = 'closed'
from stays o
where s.site_id = $1 and s.id = $2 and o.site_id = $1 and o.id = $3
