select s.site_id, s.id, s.plate, s.state, s.vehicle_type, s.entry_lane_id, s.entry_arrival_id,
       s.entered_at, s.entry_code, s.entry_evidence, s.exit_lane_id, s.exit_arrival_id, s.exited_at,
       s.exit_code, s.exit_evidence, s.tariff_id, s.currency, s.charged_minor, s.note, s.paid_minor,
       s.exit_deadline, s.validations,
       case when exists (select from tariffs t where t.site_id = s.site_id and t.id = s.tariff_id and t.has_monthly_cap)
           then month_charged(s.site_id, s.id, s.plate, s.entered_at) else 0 end as month_minor,
       case when s.paid_minor = 0 then '[]'::jsonb else (
           select jsonb_agg(jsonb_build_array(p.id, p.amount_minor, p.currency, extract(epoch from p.taken_at)) order by p.taken_at)
           from payments p where p.site_id = s.site_id and p.stay_id = s.id
       ) end as payments
from (
    select o.site_id, o.id from unnest($1::uuid[], $2::text[]) as w (site_id, plate)
    cross join lateral (
        select site_id, id from stays where site_id = w.site_id and twin_key(plate) = twin_key(w.plate) and state = 'open' offset 0
    ) o
    union
    select o.site_id, o.id from unnest($1::uuid[], $2::text[]) as w (site_id, plate)
    cross join lateral (
        select site_id, id from stays where site_id = w.site_id and plate = w.plate and state = 'exit_only' offset 0
    ) o
    union
    select o.site_id, o.id from unnest($3::uuid[], $4::uuid[]) as w (site_id, arrival_id)
    cross join lateral (
        select site_id, id from stays where site_id = w.site_id and entry_arrival_id = w.arrival_id offset 0
    ) o
    union
    select a.site_id, a.stay_id from unnest($3::uuid[], $4::uuid[]) as w (site_id, arrival_id)
    cross join lateral (
        select site_id, stay_id from arrivals where site_id = w.site_id and id = w.arrival_id and stay_id is not null offset 0
    ) a
    union
    select o.site_id, o.id from unnest($3::uuid[], $4::uuid[]) as w (site_id, arrival_id)
    cross join lateral (
        select site_id, plate from arrivals where site_id = w.site_id and id = w.arrival_id offset 0
    ) a
    cross join lateral (
        select site_id, id from stays where site_id = a.site_id and twin_key(plate) = twin_key(a.plate) and state = 'open' offset 0
    ) o
    union
    select o.site_id, o.id from unnest($3::uuid[], $4::uuid[]) as w (site_id, arrival_id)
    cross join lateral (
        select site_id, plate from arrivals where site_id = w.site_id and id = w.arrival_id offset 0
    ) a
    cross join lateral (
        select site_id, id from stays where site_id = a.site_id and plate = a.plate and state = 'exit_only' offset 0
    ) o
) found
join stays s on s.site_id = found.site_id and s.id = found.id
