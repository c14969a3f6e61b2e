select coalesce(sum(size_bytes), 0)::bigint as bytes, min(stored_at) as oldest from evidence where stored_at is not null
