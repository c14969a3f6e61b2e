-- Each way to find a vehicle is limited on its own, so that a part that is in many is as quick as one that is in few.
-- $2 plate, $3 its look-alike key, $4 people key; a null finds nothing.
with found as (
    (select id, 0 as how from vehicles where site_id = $1 and plate = $2)
    union all
    (select id, 1 from vehicles where site_id = $1 and look_alikes like $3 || '%' order by look_alikes limit $5)
    union all
    (select id, 2 from vehicles where site_id = $1 and look_alikes like '%' || $3 || '%' limit $5)
    union all
    (select id, 3 from vehicles where site_id = $1 and people_key like '%' || $4 || '%' limit $5)
), best as (
    select id, min(how) as how from found group by id
)
select v.site_id, v.id, v.plate, v.plate_typed, v.country, v.vehicle_type, v.contact_name, v.phone, v.owner, v.notes, v.version,
       v.created_at, v.changed_at
from best b
join vehicles v on v.site_id = $1 and v.id = b.id
order by b.how, v.plate
limit $5
