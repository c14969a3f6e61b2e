insert into audit (
    site_id, id, at, actor_kind, actor_id, action, lane_id, arrival_id, stay_id, command_id, detail,
    commitment
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::uuid[],
    $8::uuid[], $9::uuid[], $10::uuid[], $11::jsonb[], $12::bytea[]
)
