select p.site_id, p.plate, p.plate_typed, s.id, s.kind, s.valid_from, s.valid_until, s.windows, s.lanes, s.paused_from, s.paused_until,
       coalesce(s.outside_terms, (select a.outside_terms from access_settings a where a.site_id = s.site_id), 'visitor') as outside_terms,
       s.places, s.uses_per_month,
       case when s.places is null then '{}'::text[] else (
           select coalesce(array_agg(distinct o.plate), '{}')
           from subscription_plates q
           join stays o on o.site_id = q.site_id and o.plate = q.plate and o.state = 'open' and o.entry_code = 'OPEN-SUBSCRIPTION'
           where q.site_id = s.site_id and q.subscription_id = s.id
       ) end as inside,
       case when s.places is null and s.uses_per_month is null then '{}'::text[] else (
           select coalesce(array_agg(distinct r.plate), '{}')
           from arrivals r
           where r.site_id = s.site_id and r.direction = 'entry' and r.outcome = 'open' and r.code = 'OPEN-SUBSCRIPTION'
             and r.passed_at is null and r.received_at > $3::timestamptz - interval '10 minutes'
             and exists (
                 select from subscription_plates q where q.site_id = s.site_id and q.subscription_id = s.id and q.plate = r.plate
             )
       ) end as promised,
       case when s.uses_per_month is null then 0 else (
           select count(distinct o.id)
           from sites t
           join subscription_plates q on q.site_id = t.id and q.subscription_id = s.id
           join stays o on o.site_id = q.site_id and o.plate = q.plate and o.entry_code = 'OPEN-SUBSCRIPTION' and o.state <> 'voided'
               and o.entered_at >= date_trunc('month', $3::timestamptz at time zone t.time_zone) at time zone t.time_zone
               and o.entered_at >= q.added_at and (q.removed_at is null or o.entered_at < q.removed_at)
           where t.id = s.site_id
       ) end as used,
       exists (
           select from sites home join sites other on other.tenant_id = home.tenant_id and other.id <> home.id
           join stays st on st.site_id = other.id and st.plate = p.plate and st.state = 'open'
           where home.id = p.site_id
       ) as elsewhere
from unnest($1::uuid[], $2::text[]) as w (site_id, plate)
join subscription_plates p on p.site_id = w.site_id and twin_key(p.plate) = twin_key(w.plate) and p.removed_at is null
join subscriptions s on s.site_id = p.site_id and s.id = p.subscription_id
where (s.valid_from is null or s.valid_from <= $3) and (s.valid_until is null or s.valid_until > $3)
  and (s.ended_at is null or s.ended_at > $3)
