select l.device_id, l.first_seq
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bytea[]) as w (site_id, device_id, first_seq, last_seq, sha256)
join dead_letters l on l.site_id = w.site_id and l.device_id = w.device_id and l.last_seq = w.last_seq
    and l.first_seq = w.first_seq
where sha256(l.payload) = w.sha256
