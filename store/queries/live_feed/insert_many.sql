insert into live_feed (
    site_id, no, at, kind, lane_id, body
)
select * from unnest(
    $1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::uuid[], $6::jsonb[]
)
