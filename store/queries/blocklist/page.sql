select b.site_id, s.code as site_code, b.id, b.plate, b.plate_typed, b.reason, b.valid_from, b.valid_until, b.created_at, b.created_by,
       creator.name as created_name, b.lifted_at, b.lifted_by, lifter.name as lifted_name, b.lift_reason,
       (select o.id from stays o where o.site_id = b.site_id and o.state = 'open' and twin_key(o.plate) = twin_key(b.plate) limit 1) as inside
from blocklist b
join sites s on s.id = b.site_id
left join users creator on creator.id = b.created_by
left join users lifter on lifter.id = b.lifted_by
where b.site_id = any ($1)
  and ($2::text is null or $2 = case
        when b.lifted_at is not null then 'lifted'
        when b.valid_until <= $7 then 'expired'
        when b.valid_from > $7 then 'planned'
        else 'active' end)
  and ($3::text is null or twin_key(b.plate) like '%' || twin_key($3) || '%' or b.reason ilike '%' || $4 || '%')
  and ($5::uuid is null or b.id < $5)
  and ($6::uuid is null or b.id = $6)
order by b.id desc
limit $8
