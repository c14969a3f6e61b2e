insert into evidence (
    site_id, sha256, device_id, arrival_id, received_at
)
select * from unnest(
    $1::uuid[], $2::bytea[], $3::uuid[], $4::uuid[], $5::timestamptz[]
)
on conflict (site_id, sha256) do update set arrival_id = coalesce(evidence.arrival_id, excluded.arrival_id)
