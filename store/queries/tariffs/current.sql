select t.site_id, t.id, t.version, t.name, t.body, t.valid_from, t.created_at, t.created_name
from tariffs t join sites s on s.id = t.site_id
where t.site_id = $1 and t.valid_from <= $2 and t.currency = s.currency
order by t.valid_from desc, t.version desc limit 1
