select l.device_id, w.id
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) as w (site_id, device_id, id, seq)
join dead_letters l on l.site_id = w.site_id and l.device_id = w.device_id and l.first_seq <= w.seq and l.last_seq >= w.seq
where position(uuid_send(w.id) in l.payload) > 0
