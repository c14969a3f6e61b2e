select site_id, sha256, size_bytes, stored_at from (
    select site_id, sha256, size_bytes, stored_at,
           sum(size_bytes) over (order by stored_at desc, site_id, sha256) as younger
    from evidence where stored_at is not null
) e
where younger > $1 or stored_at < now() - $2::bigint * interval '1 millisecond'
order by stored_at
limit $3
