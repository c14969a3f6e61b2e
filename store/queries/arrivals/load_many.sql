select a.site_id, a.id, a.lane_id, a.direction, a.plate, a.reading, a.vehicle_type, a.evidence, a.arrived_at, a.received_at,
       a.decision_id, a.outcome, a.code, a.stay_id, a.amount_minor, a.passed_at, a.paired_at
from unnest($1::uuid[], $2::uuid[]) as w (site_id, lane_id)
join arrivals a on a.site_id = w.site_id and a.lane_id = w.lane_id
