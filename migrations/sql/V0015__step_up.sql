-- A session has a name by which it is ended, and remembers when its person proved again who they are.
alter table sessions add column id uuid not null default gen_random_uuid();
alter table sessions add column stepped_up_at timestamptz;
create unique index sessions_by_id on sessions (id);
-- The audit is read newest first, by site.
create index audit_by_time on audit (site_id, at desc, id desc);
