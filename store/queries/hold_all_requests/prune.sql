delete from hold_all_requests where requested_at < now() - $1::bigint * interval '1 ms'
