-- Vehicles that people keep: whose they are, found by any part of what is known of them, imported and taken back.

-- Debian's postgresql package brings it; it is trusted, so the database's owner may create it.
create extension if not exists pg_trgm;

-- What people and cameras take for each other (O D Q 0, I 1, Z 2, S 5, B 8, G 6) is one sign here. For search only: it
-- decides nothing. boomgate_domain::plate::look_alikes makes the same.
create function look_alike_key(plate text) returns text
    language sql immutable strict parallel safe as $$ select translate(plate, 'ODQIZSBG', '00012586') $$;

alter table vehicles rename column note to notes;
alter table vehicles
    add column contact_name text not null default '',
    add column phone        text not null default '',
    add column owner        text not null default '',
    -- Names in small letters without accents, and the digits of the phone number; boomgate_domain::people_key makes it.
    add column people_key   text not null default '',
    add column look_alikes  text generated always as (look_alike_key(plate)) stored,
    -- Rises with every change: an import is taken back where nobody changed the vehicle since.
    add column version      bigint not null default 1 check (version > 0),
    add column changed_at   timestamptz not null default now(),
    add column changed_by   uuid,
    add check (country ~ '^[A-Z]{2}$');

-- Pending entries of a GIN index are read one by one by every search; without them an insert costs more, a search never.
create index vehicles_by_look_alikes on vehicles using gin (look_alikes gin_trgm_ops) with (fastupdate = off);
create index vehicles_by_people on vehicles using gin (people_key gin_trgm_ops) with (fastupdate = off);
create index vehicles_by_beginning on vehicles (site_id, look_alikes text_pattern_ops);
create index vehicles_by_name on vehicles (site_id, people_key text_pattern_ops);

create table vehicle_imports (
    site_id      uuid not null references sites (id),
    id           uuid not null,
    file_name    text not null default '',
    made_at      timestamptz not null,
    made_by      uuid,
    made_name    text not null,
    lines        integer not null check (lines >= 0),
    created      integer not null,
    changed      integer not null,
    unchanged    integer not null,
    faulty       integer not null,
    undone_at    timestamptz,
    undone_name  text,
    primary key (site_id, id)
);

-- What an import did to a vehicle, for as long as it can be taken back.
create table vehicle_import_lines (
    site_id     uuid not null,
    import_id   uuid not null,
    vehicle_id  uuid not null,
    -- The row before; null where the import made it.
    before      jsonb,
    -- Of the vehicle after the import.
    version     bigint not null,
    primary key (site_id, import_id, vehicle_id),
    foreign key (site_id, import_id) references vehicle_imports (site_id, id) on delete cascade
);
