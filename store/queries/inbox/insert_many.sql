insert into inbox (
    site_id, device_id, seq, last_seq
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]
)
on conflict (site_id, device_id, seq) do update set last_seq = excluded.last_seq
