select set_config('statement_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $2, true),
       set_config('lock_timeout', '2s', true),
       -- A statement whose process was killed ends within this time. Not every system can look at it.
       case when version() !~* '(mingw|visual c|windows)'
            then set_config('client_connection_check_interval', '2s', true) end,
       pg_try_advisory_xact_lock(hashtextextended('boomgate job ' || $1, 0)) as alone
