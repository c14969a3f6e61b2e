select l.site_id, l.id, l.code, l.name, l.direction,
       l.mode, l.mode_reason, l.mode_until, l.mode_since, mu.name as mode_by_name, d.id as device_id, d.code as device_code, d.certificate_until, ds.last_seen, ds.hello, ds.clock_ahead_ms,
       ar.id as arrival_id, ar.plate as arrival_plate, ar.code as arrival_code, ar.outcome as arrival_outcome,
       ar.amount_minor as arrival_amount_minor, ar.stay_id as arrival_stay_id, ar.arrived_at, e.sha256 as arrival_evidence
from lanes l
left join devices d on d.site_id = l.site_id and d.lane_id = l.id and d.revoked_at is null
left join users mu on mu.id = l.mode_by
left join device_state ds on ds.site_id = d.site_id and ds.device_id = d.id
left join lateral (
    select a.* from arrivals a where a.site_id = l.site_id and a.lane_id = l.id and a.passed_at is null
    order by a.arrived_at desc limit 1
) ar on true
left join evidence e on e.site_id = l.site_id and e.sha256 = ar.evidence and e.stored_at is not null
where l.site_id = $1 and ($2::uuid is null or l.id = $2)
order by l.code
