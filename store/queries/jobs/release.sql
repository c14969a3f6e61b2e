update jobs set
    lease_token = null,
    lease_holder = null,
    lease_until = null,
    attempts = greatest(0, attempts - 1),
    due_at = clock_timestamp()
where name = $1 and lease_token = $2
