update hold_all_requests set confirmed_by = $3, confirmed_at = $4 where site_id = $1 and id = $2
