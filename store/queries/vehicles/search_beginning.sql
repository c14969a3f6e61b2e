-- As search.sql, for one or two signs: beginnings only.
with found as (
    (select id, 0 as how from vehicles where site_id = $1 and plate = $2)
    union all
    (select id, 1 from vehicles where site_id = $1 and look_alikes like $3 || '%' order by look_alikes limit $5)
    union all
    (select id, 3 from vehicles where site_id = $1 and people_key like $4 || '%' order by people_key limit $5)
), best as (
    select id, min(how) as how from found group by id
)
select v.site_id, v.id, v.plate, v.plate_typed, v.country, v.vehicle_type, v.contact_name, v.phone, v.owner, v.notes, v.version,
       v.created_at, v.changed_at
from best b
join vehicles v on v.site_id = $1 and v.id = b.id
order by b.how, v.plate
limit $5
