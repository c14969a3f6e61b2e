-- Of one site, from $2 (included) to $3.
select st.inside,
       (select count(*) from stays o where o.site_id = $1 and o.state = 'open') as open_stays,
       (select count(*) from stays e where e.site_id = $1 and e.entered_at >= $2 and e.entered_at < $3 and e.state <> 'voided') as entered,
       gone.processed, gone.average_minutes,
       (select coalesce(sum(p.amount_minor), 0)::bigint from payments p
        where p.site_id = $1 and p.taken_at >= $2 and p.taken_at < $3) as revenue_minor
from site_state st,
     lateral (
         select count(*) as processed,
                (avg(extract(epoch from x.exited_at - x.entered_at)) / 60)::bigint as average_minutes
         from stays x
         where x.site_id = $1 and x.exited_at >= $2 and x.exited_at < $3 and x.state in ('closed', 'exit_only')
     ) gone
where st.site_id = $1
