select c.site_id, c.id, c.lane_id, c.arrival_id, c.decision_id, c.action, c.state, c.counter
from unnest($1::uuid[], $2::uuid[]) as w (site_id, lane_id)
join commands c on c.site_id = w.site_id and c.lane_id = w.lane_id and c.state in ('pending', 'wished', 'sent')
order by c.id
