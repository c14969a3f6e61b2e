select a.site_id, s.code as site_code, a.id, a.lane_id, l.code as lane_code, l.name as lane_name, a.kind, a.subject, a.code, a.params,
       a.raised_at, a.last_at, a.times, a.acknowledged_at, a.acknowledged_by, ack.name as acknowledged_name,
       a.closed_at, a.closed_by, closer.name as closed_name, a.note
from alarms a
join sites s on s.id = a.site_id
left join lanes l on l.site_id = a.site_id and l.id = a.lane_id
left join users ack on ack.id = a.acknowledged_by
left join users closer on closer.id = a.closed_by
where a.site_id = any ($1)
  and ($2::text is null or $2 = case when a.closed_at is not null then 'closed' when a.acknowledged_at is not null then 'acknowledged' else 'open' end)
  and ($3::text is null or a.kind = $3)
  and ($4::uuid is null or a.lane_id = $4)
  and ($5::uuid is null or a.id < $5)
  and ($6::uuid is null or a.id = $6)
order by a.id desc
limit $7
