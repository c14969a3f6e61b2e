delete from inbox i using unnest($1::uuid[], $2::uuid[], $3::bigint[]) as w (site_id, device_id, seq)
where i.site_id = w.site_id and i.device_id = w.device_id and i.seq = w.seq
