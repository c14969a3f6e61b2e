delete from alarms where closed_at < now() - $1::bigint * interval '1 ms'
