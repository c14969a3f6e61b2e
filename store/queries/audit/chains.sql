select s.code, (select count(*) from audit a where a.site_id = s.id and a.no is not null) as sealed,
       audit_first_broken(s.id) as broken_at
from sites s order by s.code
