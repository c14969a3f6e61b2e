update subscriptions set paused_from = $3, paused_until = $4 where site_id = $1 and id = $2
