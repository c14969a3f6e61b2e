update jobs set lease_until = clock_timestamp() + $3::bigint * interval '1 millisecond'
where name = $1 and lease_token = $2
