-- What a person must see to: raised with the event that causes it, acknowledged by one person, closed with a note, or by
-- itself when the cause is over.
create table alarms (
    site_id          uuid not null references sites (id),
    id               uuid not null,
    lane_id          uuid,
    kind             text not null check (kind <> ''),
    -- What of the lane it is about. The same cause raises no second alarm while the first is open.
    subject          text not null default '',
    -- Code of the reason, where the cause has one, and what was found.
    code             text,
    params           jsonb not null default '{}',
    raised_at        timestamptz not null,
    last_at          timestamptz not null,
    times            integer not null default 1 check (times > 0),
    acknowledged_at  timestamptz,
    acknowledged_by  uuid,
    closed_at        timestamptz,
    -- Null with a time: it closed by itself.
    closed_by        uuid,
    note             text check (length(note) between 1 and 500),
    primary key (site_id, id),
    foreign key (site_id, lane_id) references lanes (site_id, id),
    constraint alarms_acknowledged_is_whole check ((acknowledged_at is null) = (acknowledged_by is null)),
    constraint alarms_closed_by_somebody_says_why check (closed_by is null or (closed_at is not null and note is not null))
);

create unique index alarms_open on alarms
    (site_id, kind, coalesce(lane_id, '00000000-0000-0000-0000-000000000000'::uuid), subject) where closed_at is null;

-- Since when a lane has more events waiting than it sends; null while it keeps up.
alter table device_state add column backlog_since timestamptz;

-- Since when lanes are watched without a pause: after a pause every lane looks as if it were lost.
create table lane_watch (
    only_one  boolean primary key default true check (only_one),
    since     timestamptz not null,
    last      timestamptz not null
);
