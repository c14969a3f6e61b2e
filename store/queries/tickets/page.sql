select t.site_id, t.id, t.number, t.kind, t.arrival_id, s.id as stay_id, t.plate, t.vehicle_type, t.issued_at, t.issued_by, t.issued_name, t.settled_at, t.settled_name, t.payment_method,
       s.state as stay_state, s.plate as stay_plate, s.entered_at, s.exited_at, s.paid_minor, s.charged_minor, s.currency
from tickets t
left join stays s on s.site_id = t.site_id
    and s.id = coalesce(t.stay_id, (select o.id from stays o where o.site_id = t.site_id and o.entry_arrival_id = t.arrival_id limit 1))
where t.site_id = $1
  and ($2::text is null or t.number like $2 || '%')
  and ($3::text is null or twin_key(coalesce(s.plate, t.plate)) like twin_key($3) || '%')
  and ($4::text is null or case $4
           when 'active' then t.settled_at is null and coalesce(s.state, 'open') = 'open'
           else t.settled_at is not null or s.state <> 'open' end)
  and ($5::uuid is null or t.id < $5)
order by t.id desc
limit $6
