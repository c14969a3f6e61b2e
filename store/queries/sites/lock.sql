select pg_advisory_xact_lock(key) from unnest($1::bigint[]) as key
