insert into events (
    site_id, id, lane_id, device_id, seq, boot, kind, arrival_id, occurred_at, clock, uptime_ms,
    received_at, body
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::text[], $8::uuid[],
    $9::timestamptz[], $10::text[], $11::bigint[], $12::timestamptz[], $13::jsonb[]
)
