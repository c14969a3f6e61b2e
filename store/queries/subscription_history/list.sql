select h.at, h.what, u.name as by_name, h.reason, h.detail
from subscription_history h
left join users u on u.id = h.by
where h.site_id = $1 and h.subscription_id = $2
order by h.at desc, h.id desc
limit 200
