select coalesce(sum(size_bytes), 0)::bigint as bytes from evidence where stored_at is not null
