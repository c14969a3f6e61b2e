insert into postings (
    site_id, entry_id, line, account_id, amount_minor, currency
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::bigint[], $6::text[]
)
