insert into evidence (site_id, sha256, device_id, size_bytes, stored_at, received_at) values ($1, $2, $3, $4, $5, $5)
on conflict (site_id, sha256) do update set size_bytes = excluded.size_bytes, stored_at = coalesce(evidence.stored_at, excluded.stored_at)
returning (xmax = 0) as created, arrival_id
