select id, kind, at, params, seen_at
from notices
where user_id = $1
order by at desc, id desc
limit 50
