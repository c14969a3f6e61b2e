select p.subscription_id, p.plate, p.plate_typed, p.added_at, adder.name as added_name, p.removed_at, remover.name as removed_name,
       o.id as stay, o.entered_at, coalesce(o.entry_code = 'OPEN-SUBSCRIPTION', false) as takes_place
from subscription_plates p
left join users adder on adder.id = p.added_by
left join users remover on remover.id = p.removed_by
left join stays o on o.site_id = p.site_id and o.plate = p.plate and o.state = 'open'
where p.site_id = any ($1) and p.subscription_id = any ($2)
order by p.removed_at nulls first, p.added_at, p.plate
