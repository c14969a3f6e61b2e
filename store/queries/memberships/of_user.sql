select m.role, m.site_id, s.code as site_code
from memberships m left join sites s on s.id = m.site_id
where m.user_id = $1
order by s.code nulls first
