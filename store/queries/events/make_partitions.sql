select make_event_partitions(($1::timestamptz at time zone 'utc')::date, $2) as made
