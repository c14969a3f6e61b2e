insert into jobs (name, period_ms, limit_ms, due_at)
select name, period_ms, limit_ms, clock_timestamp()
from unnest($1::text[], $2::bigint[], $3::bigint[]) as given (name, period_ms, limit_ms)
order by name
on conflict (name) do update set
    period_ms = excluded.period_ms,
    limit_ms = excluded.limit_ms,
    due_at = case
        when jobs.last_started_at between clock_timestamp() - $4::bigint * interval '1 millisecond' and clock_timestamp()
        then jobs.due_at
        else clock_timestamp()
    end
