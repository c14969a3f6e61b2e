delete from live_feed where at < $1
