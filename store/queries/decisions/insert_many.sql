insert into decisions (
    site_id, id, arrival_id, lane_id, outcome, code, params, local, superseded, stay_id, amount_minor,
    currency, decided_at
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[], $8::boolean[],
    $9::boolean[], $10::uuid[], $11::bigint[], $12::text[], $13::timestamptz[]
)
