update subscriptions set ended_at = $3 where site_id = $1 and id = $2
