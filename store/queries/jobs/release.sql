update jobs set
    lease_token = null,
    lease_holder = null,
    lease_until = null,
    attempts = greatest(0, attempts - 1),
    -- A statement that was under way may go on for as long as PostgreSQL looks at its connection.
    due_at = clock_timestamp() + interval '3 seconds'
where name = $1 and lease_token = $2
