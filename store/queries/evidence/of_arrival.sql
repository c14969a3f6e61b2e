select site_id, sha256, device_id, arrival_id, size_bytes, stored_at from evidence where site_id = $1 and arrival_id = $2 order by received_at desc limit 1
