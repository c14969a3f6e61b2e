insert into arrivals (
    site_id, id, lane_id, direction, plate, reading, vehicle_type, evidence, arrived_at, received_at,
    decision_id, outcome, code, stay_id, amount_minor, passed_at, paired_at
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::bytea[],
    $9::timestamptz[], $10::timestamptz[], $11::uuid[], $12::text[], $13::text[], $14::uuid[],
    $15::bigint[], $16::timestamptz[], $17::timestamptz[]
)
on conflict (site_id, id) do update set
    direction = excluded.direction,
    plate = excluded.plate,
    reading = excluded.reading,
    vehicle_type = excluded.vehicle_type,
    evidence = excluded.evidence,
    arrived_at = excluded.arrived_at,
    received_at = excluded.received_at,
    decision_id = excluded.decision_id,
    outcome = excluded.outcome,
    code = excluded.code,
    stay_id = excluded.stay_id,
    amount_minor = excluded.amount_minor,
    passed_at = excluded.passed_at,
    paired_at = excluded.paired_at
where arrivals.lane_id = excluded.lane_id
