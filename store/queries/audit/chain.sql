select count(a.no) as sealed, count(*) - count(a.no) as waiting, audit_first_broken($1) as broken_at
from audit a where a.site_id = $1
