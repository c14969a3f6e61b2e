select t.site_id, t.id, t.number, t.kind, t.arrival_id, s.id as stay_id, t.plate, t.vehicle_type, t.issued_at, t.issued_by, t.issued_name, t.settled_at, t.settled_name, t.payment_method,
       s.state as stay_state, s.plate as stay_plate, s.entered_at, s.exited_at, s.paid_minor, s.charged_minor, s.currency
from tickets t
left join stays s on s.site_id = t.site_id
    and s.id = coalesce(t.stay_id, (select o.id from stays o where o.site_id = t.site_id and o.entry_arrival_id = t.arrival_id limit 1))
where t.site_id = $1 and t.number = $2
