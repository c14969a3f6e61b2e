select id, action, state, arrival_id, counter, ordered_name is not null and coalesce(reason, '') <> '' as by_person
from commands
where site_id = $1
