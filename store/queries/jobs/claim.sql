with claimed as (
    select name, lease_holder as lost_by from jobs
    where name = any ($1::text[])
      and (due_at <= clock_timestamp()
           -- Farther ahead than anything puts it: the database's clock was set back.
           or due_at > clock_timestamp() + greatest(period_ms, $5::bigint) * interval '1 millisecond')
      and (lease_until is null or lease_until <= clock_timestamp()
           or lease_until > clock_timestamp() + $4::bigint * interval '1 millisecond')
    order by due_at, name
    limit 1
    for update skip locked
)
update jobs j set
    lease_token = $2,
    lease_holder = $3,
    lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond',
    attempts = j.attempts + 1,
    -- Holds only if this run is never heard of again: a job that ends its process is tried ever more slowly.
    due_at = clock_timestamp() + least($5::bigint, $4::bigint * j.attempts) * interval '1 millisecond',
    last_started_at = clock_timestamp(),
    last_outcome = case when c.lost_by is null then j.last_outcome else 'lost' end,
    last_error = case when c.lost_by is null then j.last_error
                 else c.lost_by || ' ended or hung in the middle; its lease ran out' end
from claimed c
where j.name = c.name
returning j.name, j.attempts, c.lost_by
