select s.id, s.tenant_id, s.code, s.name, s.time_zone, s.currency, s.mode, s.capacity, s.visitors, s.passback, s.plate_only_limit_minor, s.list_key
from users u join sites s on s.tenant_id = u.tenant_id
where u.id = $1 and (u.role = 'admin' or exists (select from user_sites us where us.user_id = u.id and us.site_id = s.id))
  and exists (select from stays st where st.site_id = s.id and st.id = $2)
limit 1
