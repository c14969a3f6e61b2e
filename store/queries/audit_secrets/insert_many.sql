insert into audit_secrets (
    site_id, audit_id, salt, value
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::bytea[], $4::text[]
)
