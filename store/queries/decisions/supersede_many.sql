update decisions d set superseded = true
from unnest($1::uuid[], $2::uuid[]) as w (site_id, id)
where d.site_id = w.site_id and d.id = w.id and not d.superseded
