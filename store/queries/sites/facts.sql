select s.id as site_id, s.code, s.time_zone, s.currency, s.mode, s.capacity, s.visitors, s.passback, s.plate_only_limit_minor,
       st.inside, st.live_no,
       case when s.capacity is null then 0 else (
           select count(*) from arrivals a
           where a.site_id = s.id and a.direction = 'entry' and a.outcome = 'open' and a.passed_at is null
              and a.received_at > $2::timestamptz - interval '10 minutes'
       ) end as promised,
       (select t.id from tariffs t where t.site_id = s.id and t.valid_from <= $2 and t.body ->> 'currency' = s.currency
        order by t.version desc limit 1) as tariff_id,
       coalesce((select array_agg(r.stay_id) from passback_resets r join stays o on o.site_id = r.site_id and o.id = r.stay_id and o.state = 'open'
                 where r.site_id = s.id and r.reset_at > $2::timestamptz - interval '31 days'), '{}') as neutral_stays,
       (select max(r.reset_at) from passback_resets r where r.site_id = s.id and r.stay_id is null) as neutral_before
from unnest($1::uuid[]) as w (id)
join sites s on s.id = w.id
join site_state st on st.site_id = s.id
