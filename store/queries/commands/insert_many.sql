insert into commands (
    site_id, id, lane_id, arrival_id, decision_id, action, code, params, amount_minor, currency,
    pay_url, ordered_by, ordered_name, reason, state, counter, epoch, not_after_ms, device_id, signed,
    attempts, wished_at, expires_at, next_send_at
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::jsonb[],
    $9::bigint[], $10::text[], $11::text[], $12::uuid[], $13::text[], $14::text[], $15::text[],
    $16::bigint[], $17::bytea[], $18::bigint[], $19::uuid[], $20::bytea[], $21::integer[],
    $22::timestamptz[], $23::timestamptz[], $24::timestamptz[]
)
