select count(*) filter (where entered_at is not null and state <> 'exit_only' and entry_lane_id is not null) as opened,
       count(*) filter (where state = 'closed') as closed,
       count(*) filter (where state = 'open') as open,
       count(*) filter (where state = 'voided' and entry_lane_id is not null) as voided,
       count(*) filter (where state = 'exit_only') as exit_only,
       count(*) filter (where charged_minor > 0) as charged,
       count(*) filter (where paid_minor > 0) as paid,
       (select count(*) from (select entry_arrival_id from stays s where s.site_id = $1 and s.entry_arrival_id is not null
            and s.state <> 'exit_only' and s.entry_lane_id is not null group by 1 having count(*) > 1) twice) as entered_twice,
       (select count(*) from (select exit_arrival_id from stays s where s.site_id = $1 and s.exit_arrival_id is not null
            and s.state <> 'voided' group by 1 having count(*) > 1) twice) as left_twice
from stays
where site_id = $1
