select c.site_id, c.id, c.lane_id, c.arrival_id, c.decision_id, c.action, c.code, c.params, c.amount_minor,
       c.currency, c.pay_url, c.ordered_by, c.ordered_name, c.reason, c.state, c.result_code, c.counter,
       c.device_id, c.signed, c.attempts, c.wished_at, c.expires_at, c.next_send_at, c.ended_at
from commands c
where c.site_id = $1 and c.arrival_id = $2 and c.id >= $3 and c.id < $4
order by c.id
