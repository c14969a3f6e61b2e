update jobs set
    lease_token = null,
    lease_holder = null,
    lease_until = null,
    attempts = 0,
    due_at = clock_timestamp() + period_ms * interval '1 millisecond',
    last_finished_at = clock_timestamp(),
    last_succeeded_at = clock_timestamp(),
    last_duration_ms = greatest(0, extract(epoch from clock_timestamp() - last_started_at) * 1000)::bigint,
    last_outcome = 'succeeded',
    last_error = null,
    last_rows = $3
where name = $1 and lease_token = $2
