update jobs set
    lease_token = null,
    lease_holder = null,
    lease_until = null,
    due_at = clock_timestamp()
        + least($6::bigint, $5::bigint * power(2, least(attempts - 1, 30))) * interval '1 millisecond',
    last_finished_at = clock_timestamp(),
    last_duration_ms = greatest(0, extract(epoch from clock_timestamp() - last_started_at) * 1000)::bigint,
    last_outcome = $3,
    last_error = $4
where name = $1 and lease_token = $2
