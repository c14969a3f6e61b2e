update commands set state = 'sent', counter = $3, epoch = $4, not_after_ms = $5, device_id = $6, signed = $7, attempts = 1,
       next_send_at = $8
where site_id = $1 and id = $2 and state in ('pending', 'wished')
