select make_event_partitions((now() at time zone 'utc')::date, $1) as made
