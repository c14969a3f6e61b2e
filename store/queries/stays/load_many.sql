select s.site_id, s.id, s.plate, s.state, s.vehicle_type, s.entry_lane_id, s.entry_arrival_id,
       s.entered_at, s.entry_code, s.entry_evidence, s.exit_lane_id, s.exit_arrival_id, s.exited_at,
       s.exit_code, s.exit_evidence, s.tariff_id, s.currency, s.charged_minor, s.note, s.paid_minor,
       s.exit_deadline,
       case when s.paid_minor = 0 then '[]'::jsonb else (
           select jsonb_agg(jsonb_build_array(p.id, p.amount_minor, p.currency, extract(epoch from p.taken_at)) order by p.taken_at)
           from payments p where p.site_id = s.site_id and p.stay_id = s.id
       ) end as payments
from (
    select o.site_id, o.id from unnest($1::uuid[], $2::text[]) as w (site_id, plate)
    join stays o on o.site_id = w.site_id and o.plate = w.plate and o.state = 'open'
    union
    select o.site_id, o.id from unnest($1::uuid[], $2::text[]) as w (site_id, plate)
    join stays o on o.site_id = w.site_id and o.plate = w.plate and o.state = 'exit_only'
    union
    select o.site_id, o.id from unnest($3::uuid[], $4::uuid[]) as w (site_id, arrival_id)
    join stays o on o.site_id = w.site_id and o.entry_arrival_id = w.arrival_id
    union
    select a.site_id, a.stay_id from unnest($3::uuid[], $4::uuid[]) as w (site_id, arrival_id)
    join arrivals a on a.site_id = w.site_id and a.id = w.arrival_id and a.stay_id is not null
    union
    select o.site_id, o.id from unnest($3::uuid[], $4::uuid[]) as w (site_id, arrival_id)
    join arrivals a on a.site_id = w.site_id and a.id = w.arrival_id
    join stays o on o.site_id = a.site_id and o.plate = a.plate and o.state in ('open', 'exit_only')
) found
join stays s on s.site_id = found.site_id and s.id = found.id
