select distinct on (arrival_id) arrival_id, body #>> '{reading,plate}' as plate, body #>> '{reading,verdict}' as verdict
from events
where site_id = $1 and kind = 'arrival' and arrival_id is not null
order by arrival_id, received_at
