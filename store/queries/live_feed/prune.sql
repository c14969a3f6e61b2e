delete from live_feed where site_id = $1 and at < $2
