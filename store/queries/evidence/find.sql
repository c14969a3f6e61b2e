select site_id, sha256, device_id, arrival_id, size_bytes, stored_at from evidence where site_id = $1 and sha256 = $2
