delete from sessions where expires_at <= now() - $1::bigint * interval '1 millisecond'
