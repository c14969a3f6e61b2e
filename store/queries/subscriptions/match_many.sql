select distinct s.site_id, s.plate, s.plate_typed, s.id, s.kind, s.valid_from, s.valid_until,
       exists (
           select from sites home join sites other on other.tenant_id = home.tenant_id and other.id <> home.id
           join stays st on st.site_id = other.id and st.plate = s.plate and st.state = 'open'
           where home.id = s.site_id
       ) as elsewhere
from unnest($1::uuid[], $2::text[]) as w (site_id, plate)
join subscriptions s on s.site_id = w.site_id and twin_key(s.plate) = twin_key(w.plate)
where (s.valid_from is null or s.valid_from <= $3) and (s.valid_until is null or s.valid_until > $3)
