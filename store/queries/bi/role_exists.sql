select rolname::text as name from pg_roles where rolname = $1
