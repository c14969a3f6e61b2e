select s.site_id, s.id, s.plate, s.state, s.vehicle_type, s.entry_lane_id, s.entry_arrival_id,
       s.entered_at, s.entry_code, s.entry_evidence, s.exit_lane_id, s.exit_arrival_id, s.exited_at,
       s.exit_code, s.exit_evidence, s.tariff_id, s.currency, s.charged_minor, s.note, s.paid_minor,
       s.exit_deadline, s.validations, 0::bigint as month_minor, '[]'::jsonb as payments
from stays s
where s.site_id = $1 and s.plate = $2 and ($3::uuid is null or s.id < $3)
order by s.id desc
limit $4
