delete from passback_resets where reset_at < now() - $1::bigint * interval '1 ms'
