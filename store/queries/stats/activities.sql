-- The newest things that happened to stays, each kind by its own index.
(select 'entered' as what, s.id as stay_id, s.plate, s.entered_at as at, null::bigint as amount_minor, s.currency, null::text as method,
        s.entry_lane_id as lane_id
 from stays s where s.site_id = $1 and s.entered_at < $2 and s.state <> 'voided' order by s.entered_at desc limit $3)
union all
(select 'left', s.id, s.plate, s.exited_at, s.charged_minor, s.currency, null, s.exit_lane_id
 from stays s where s.site_id = $1 and s.exited_at < $2 and s.state <> 'voided' order by s.exited_at desc limit $3)
union all
(select 'paid', p.stay_id, s.plate, p.taken_at, p.amount_minor, p.currency, p.method, null
 from payments p join stays s on s.site_id = p.site_id and s.id = p.stay_id
 where p.site_id = $1 and p.taken_at < $2 order by p.taken_at desc limit $3)
order by at desc
limit $3
