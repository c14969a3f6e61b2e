-- What every server does again and again (retention, sealing the audit, partitions ahead of time), one row per job.
-- Every server registers its jobs here and runs what is due. All times are of this database's clock, so that a server
-- whose clock jumps neither skips nor repeats anything. Rows are made and changed by the servers only; a release that
-- retires a job deletes its row in a migration.
create table jobs (
    name              text primary key check (name <> ''),
    -- From the end of one run to the beginning of the next.
    period_ms         bigint not null check (period_ms > 0),
    -- When a run that takes longer is ended.
    limit_ms          bigint not null check (limit_ms > 0),
    due_at            timestamptz not null,
    -- Whoever runs it has a lease and extends it. The token is new for every run: a process that lost its lease can
    -- write no result any more.
    lease_token       uuid,
    lease_holder      text check (lease_holder <> ''),
    lease_until       timestamptz,
    -- Starts since the last success.
    attempts          integer not null default 0 check (attempts >= 0),
    last_started_at   timestamptz,
    last_finished_at  timestamptz,
    last_succeeded_at timestamptz,
    last_duration_ms  bigint check (last_duration_ms >= 0),
    -- lost: the process that ran it ended, or hung, in the middle, and its lease ran out.
    last_outcome      text check (last_outcome in ('succeeded', 'failed', 'timed_out', 'lost')),
    last_error        text,
    -- Rows that the last successful run removed, sealed or made.
    last_rows         bigint check (last_rows >= 0),
    constraint jobs_lease_is_whole check (num_nulls(lease_token, lease_holder, lease_until) in (0, 3))
);
