delete from answered_requests where created_at < now() - $1::bigint * interval '1 millisecond'
