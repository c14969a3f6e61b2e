select distinct c.site_id, c.lane_id from commands c
where c.state in ('pending', 'wished', 'sent') and (c.expires_at <= $1 or c.state in ('pending', 'wished') or c.next_send_at <= $1)
