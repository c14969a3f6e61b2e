select set_config('statement_timeout', '5min', true), set_config('lock_timeout', '2s', true),
       pg_try_advisory_xact_lock($1) as alone
