select arrival_id, body ->> 'kind' as kind, body ->> 'direction' as direction, count(*) as times
from events
where site_id = $1 and kind = 'passage'
group by 1, 2, 3
