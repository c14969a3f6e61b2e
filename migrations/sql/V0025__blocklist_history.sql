-- A block is lifted, never deleted: who blocked a plate and who lifted it can be read afterwards.
alter table blocklist add column lifted_at timestamptz;
-- Null with a time: from the command line.
alter table blocklist add column lifted_by uuid;
alter table blocklist add column lift_reason text check (length(lift_reason) between 1 and 300);
alter table blocklist add constraint blocklist_lifted_is_whole check ((lifted_at is null) = (lift_reason is null));

-- How a site treats cars with and without rights; a site without a row has the defaults.
create table access_settings (
    site_id         uuid primary key references sites (id),
    -- A car that is inside for longer is shown as overstaying.
    overstay_hours  integer not null default 24 check (overstay_hours between 1 and 8784),
    -- A subscriber's car beyond its terms (every place taken, another time of day, paused, used up, another lane).
    outside_terms   text not null default 'visitor' check (outside_terms in ('visitor', 'refuse')),
    -- So many days before its end a subscription is named, and its holder told.
    notice_days     integer not null default 14 check (notice_days between 0 and 90),
    -- Whose plates strangers have, for the figure "1 in N": 'SK', 'EU'. Empty: of the form that the listed ones have.
    countries       text[] not null default '{}'
);
create index stays_open_since on stays (site_id, entered_at) where state = 'open';
