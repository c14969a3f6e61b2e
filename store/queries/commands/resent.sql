update commands set attempts = attempts + 1, next_send_at = $3 where site_id = $1 and id = $2 and state = 'sent'
