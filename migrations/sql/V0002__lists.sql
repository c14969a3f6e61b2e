-- What a plate may do here: vehicles, subscriptions, blocks, tariffs.

create table vehicles (
    site_id       uuid not null references sites (id),
    id            uuid not null,
    plate         text not null check (plate <> ''),
    country       text,
    vehicle_type  text,
    note          text not null default '',
    created_at    timestamptz not null default now(),
    primary key (site_id, id),
    unique (site_id, plate)
);

create table subscriptions (
    site_id      uuid not null references sites (id),
    id           uuid not null,
    plate        text not null check (plate <> ''),
    kind         text not null default 'subscription' check (kind in ('subscription', 'reservation', 'visitor')),
    holder       text not null default '',
    valid_from   timestamptz,
    valid_until  timestamptz,
    created_at   timestamptz not null default now(),
    primary key (site_id, id),
    check (valid_until > valid_from)
);
create index subscriptions_by_plate on subscriptions (site_id, plate);

create table blocklist (
    site_id      uuid not null references sites (id),
    id           uuid not null,
    plate        text not null check (plate <> ''),
    reason       text not null,
    valid_from   timestamptz,
    valid_until  timestamptz,
    created_by   uuid,
    created_at   timestamptz not null default now(),
    primary key (site_id, id),
    check (valid_until > valid_from)
);
create index blocklist_by_plate on blocklist (site_id, plate);

-- A version is never changed: a stay pins the row it entered under.
create table tariffs (
    site_id     uuid not null references sites (id),
    id          uuid not null,
    version     integer not null check (version > 0),
    name        text not null,
    -- boomgate_domain::tariff::Tariff as JSON.
    body        jsonb not null,
    valid_from  timestamptz not null default now(),
    created_by  uuid,
    created_at  timestamptz not null default now(),
    primary key (site_id, id),
    unique (site_id, version)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger tariffs_append_only before update or delete on tariffs
    for each row execute function refuse_change();

-- The lanes' offline list follows these two tables: any change makes a new version.
create function new_list_version() returns trigger language plpgsql as $$
begin
    update site_state set list_version = list_version + 1
    where site_id in (select distinct site_id from changed);
    return null;
end $$;
create trigger subscriptions_inserted after insert on subscriptions referencing new table as changed
    for each statement execute function new_list_version();
create trigger subscriptions_updated after update on subscriptions referencing new table as changed
    for each statement execute function new_list_version();
create trigger subscriptions_deleted after delete on subscriptions referencing old table as changed
    for each statement execute function new_list_version();
create trigger blocklist_inserted after insert on blocklist referencing new table as changed
    for each statement execute function new_list_version();
create trigger blocklist_updated after update on blocklist referencing new table as changed
    for each statement execute function new_list_version();
create trigger blocklist_deleted after delete on blocklist referencing old table as changed
    for each statement execute function new_list_version();
