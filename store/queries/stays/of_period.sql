select s.id, s.plate, s.vehicle_type, s.entered_at, s.exited_at, s.tariff_id, s.entry_code
from stays s
where s.site_id = $1 and s.state = 'closed' and s.entered_at >= $2 and s.entered_at < $3 and s.currency = $4
order by s.entered_at desc, s.id desc
limit $5
