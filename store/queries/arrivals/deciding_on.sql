select a.site_id, a.id, a.lane_id, a.direction, a.plate, a.reading, a.vehicle_type, a.evidence, a.arrived_at, a.received_at,
       a.decision_id, a.outcome, a.code, a.stay_id, a.amount_minor, a.passed_at, a.paired_at
from arrivals a
where a.site_id = $1 and a.stay_id = $2 and a.direction = 'exit' and a.outcome in ('open', 'charge') and a.passed_at is null
order by a.arrived_at desc limit 1
