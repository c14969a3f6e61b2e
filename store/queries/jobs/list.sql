select name, period_ms, limit_ms, due_at, attempts, last_started_at, last_finished_at, last_succeeded_at,
       last_duration_ms, last_outcome, last_error, last_rows,
       case when lease_until > clock_timestamp() then lease_holder end as running_by
from jobs
order by name
