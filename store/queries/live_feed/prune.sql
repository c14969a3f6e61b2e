delete from live_feed where at < now() - $1::bigint * interval '1 millisecond'
