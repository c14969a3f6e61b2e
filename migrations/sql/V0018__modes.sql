-- What people wish each lane to be for. It is no order: the lane is told until it says that it knows the version, obeys it
-- without a network, and keeps it over restarts.
alter table lanes add column mode text not null default 'open'
    check (mode in ('open', 'full', 'closed', 'closed_to_all', 'maintenance', 'free_flow'));
alter table lanes add column mode_version bigint not null default 0 check (mode_version >= 0);
alter table lanes add column mode_reason text check (length(mode_reason) between 1 and 300);
-- From then on the lane is open again.
alter table lanes add column mode_until timestamptz;
-- When it was wished, and by whom; null where nobody did, or where its time was over.
alter table lanes add column mode_since timestamptz;
alter table lanes add column mode_by uuid;
-- The wish is newer than what was sent at once; a hello heals what is lost on the way.
alter table lanes add column mode_unsent boolean not null default false;
create index lanes_mode_unsent on lanes (site_id, id) where mode_unsent;
create index lanes_mode_until on lanes (mode_until) where mode_until is not null;

-- All lanes of one direction held open: asked for by one person, confirmed by another.
create table hold_all_requests (
    site_id       uuid not null references sites (id),
    id            uuid not null,
    direction     text not null check (direction in ('entry', 'exit')),
    action        text not null check (action in ('hold', 'free_flow')),
    reason        text not null check (length(reason) between 1 and 300),
    requested_by  uuid not null,
    requested_at  timestamptz not null,
    expires_at    timestamptz not null,
    confirmed_by  uuid,
    confirmed_at  timestamptz,
    primary key (site_id, id),
    constraint hold_all_confirmed_is_whole check ((confirmed_by is null) = (confirmed_at is null)),
    constraint hold_all_needs_two check (confirmed_by <> requested_by)
);
