select s.id as site_id, s.code, s.time_zone, s.currency, s.mode, s.capacity, s.visitors, s.passback, s.plate_only_limit_minor,
       st.inside, st.live_no,
       case when s.capacity is null then 0 else (
           select count(*) from arrivals a
           where a.site_id = s.id and a.direction = 'entry' and a.outcome = 'open' and a.passed_at is null
              and a.received_at > $2::timestamptz - interval '10 minutes'
       ) end as promised,
       tariffs.ids as tariff_ids, tariffs.starts as tariff_starts,
       coalesce((select array_agg(r.stay_id) from passback_resets r join stays o on o.site_id = r.site_id and o.id = r.stay_id and o.state = 'open'
                 where r.site_id = s.id and r.reset_at > $2::timestamptz - interval '31 days'), '{}') as neutral_stays,
       (select max(r.reset_at) from passback_resets r where r.site_id = s.id and r.stay_id is null) as neutral_before
from unnest($1::uuid[]) as w (id)
join sites s on s.id = w.id
join site_state st on st.site_id = s.id
-- The versions a stay may have begun under, the oldest first: a lane may report days later, and some are for a time to come.
cross join lateral (
    select coalesce(array_agg(v.id order by v.valid_from, v.version), '{}') as ids,
           coalesce(array_agg(v.valid_from order by v.valid_from, v.version), '{}') as starts
    from (
        select t.id, t.valid_from, t.version from tariffs t where t.site_id = s.id and t.currency = s.currency
        order by t.valid_from desc, t.version desc limit 32
    ) v
) tariffs
