-- Tickets: given by a person for a car at a lane or by hand, shown at the exit, or lost.
create table tickets (
    site_id       uuid not null references sites (id),
    id            uuid not null,
    number        text not null check (number ~ '^PS-[0-9A-HJKMNP-TV-Z]{9}$'),
    kind          text not null check (kind in ('issued', 'lost')),
    -- The car at a lane it was given for: the stay that its passage opens is the ticket's.
    arrival_id    uuid,
    -- The stay that was opened by hand, or for a lost ticket.
    stay_id       uuid,
    -- Canonical, as the person said it.
    plate         text check (plate <> ''),
    vehicle_type  text,
    issued_at     timestamptz not null,
    issued_by     uuid,
    issued_name   text not null default '',
    -- Everything due was settled, or nothing was.
    settled_at    timestamptz,
    settled_name  text,
    payment_method text,
    primary key (site_id, id),
    unique (site_id, number),
    foreign key (site_id, stay_id) references stays (site_id, id),
    constraint tickets_are_for_something check (arrival_id is not null or stay_id is not null),
    constraint tickets_settled_is_whole check ((settled_at is null) = (settled_name is null))
);
create index tickets_by_stay on tickets (site_id, stay_id) where stay_id is not null;
create index tickets_by_arrival on tickets (site_id, arrival_id) where arrival_id is not null;
create index tickets_by_plate on tickets (site_id, plate) where plate is not null;
