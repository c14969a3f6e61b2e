-- What an import would do, line by line; and in all.
select s.line, s.plate_typed,
       case when v.id is null then 'created'
            when (v.plate_typed, v.country, v.vehicle_type, v.contact_name, v.phone, v.owner, v.notes)
                 is not distinct from (s.plate_typed, s.country, s.vehicle_type, s.contact_name, s.phone, s.owner, s.notes)
            then 'unchanged' else 'changed' end as outcome
from staged_vehicles s
left join vehicles v on v.site_id = $1 and v.plate = s.plate
order by s.line
limit $2
