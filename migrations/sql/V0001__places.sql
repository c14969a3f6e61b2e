-- Who runs which car park, and the machines standing in it.
-- Every table below belongs to a site, every site to a tenant; keys are (site_id, id) with UUIDv7 ids.

create table tenants (
    id          uuid primary key,
    name        text not null check (name <> ''),
    created_at  timestamptz not null default now()
);

create table sites (
    id            uuid primary key,
    tenant_id     uuid not null references tenants (id),
    code          text not null unique check (code ~ '^[a-z0-9-]{1,64}$'),
    name          text not null check (name <> ''),
    time_zone     text not null,
    currency      text not null check (currency ~ '^[A-Z]{3}$'),
    mode          text not null default 'open' check (mode in ('open', 'full', 'closed', 'closed-to-all')),
    -- Spaces for visitors; null where nobody counts.
    capacity      integer check (capacity >= 0),
    visitors      boolean not null default true,
    passback      text not null default 'deny' check (passback in ('deny', 'deny-rights', 'allow')),
    -- Above this due amount a plate alone does not get to pay at the exit.
    plate_only_limit_minor bigint check (plate_only_limit_minor > 0),
    -- Keys the tags of the offline list: a lane holds HMACs of plates, never plates.
    list_key      bytea not null check (length(list_key) = 32),
    created_at    timestamptz not null default now(),
    unique (tenant_id, id)
);

-- The narrow, often written half of a site. Written only under the site's advisory lock.
create table site_state (
    site_id       uuid primary key references sites (id),
    inside        integer not null default 0,
    live_no       bigint not null default 0 check (live_no >= 0),
    list_version  bigint not null default 1
) with (fillfactor = 50);

create table lanes (
    site_id          uuid not null references sites (id),
    id               uuid not null,
    code             text not null check (code ~ '^[a-z0-9-]{1,64}$'),
    name             text not null,
    direction        text not null check (direction in ('entry', 'exit')),
    -- The counter of the last command signed for this lane; taken under this row's lock.
    command_counter  bigint not null default 0 check (command_counter >= 0),
    created_at       timestamptz not null default now(),
    primary key (site_id, id),
    unique (site_id, code)
) with (fillfactor = 50);

create table devices (
    site_id             uuid not null,
    id                  uuid not null,
    lane_id             uuid not null,
    code                text not null unique check (code ~ '^[a-z0-9-]{1,64}$'),
    signing_key         bytea not null check (length(signing_key) = 32),
    certificate_sha256  bytea,
    certificate_until   timestamptz,
    revoked_at          timestamptz,
    created_at          timestamptz not null default now(),
    primary key (site_id, id),
    foreign key (site_id, lane_id) references lanes (site_id, id)
);
create unique index devices_one_live_per_lane on devices (site_id, lane_id) where revoked_at is null;

-- What a device last said of itself, and how far its events are kept.
create table device_state (
    site_id          uuid not null,
    device_id        uuid not null,
    -- Every seq <= kept_upto is committed, declared lost, or a dead letter.
    kept_upto        bigint not null default 0 check (kept_upto >= 0),
    -- The writer says what it believes kept_upto was; see device_state_guard.
    kept_before      bigint not null default 0,
    epoch            bytea check (length(epoch) = 16),
    boot             bigint,
    uptime_ms        bigint,
    heard_at         timestamptz,
    command_counter  bigint not null default 0,
    list_version     bigint not null default 0,
    hello            jsonb,
    last_seen        timestamptz,
    primary key (site_id, device_id),
    foreign key (site_id, device_id) references devices (site_id, id)
) with (fillfactor = 50);

-- Two writers that both believe they are next cannot both move the mark.
create function device_state_guard() returns trigger language plpgsql as $$
begin
    if new.kept_upto <> old.kept_upto and new.kept_before <> old.kept_upto then
        raise exception 'mark of device % was moved by another writer', old.device_id
            using errcode = 'serialization_failure';
    end if;
    if new.kept_upto < old.kept_upto then
        raise exception 'mark of device % would go back from % to %', old.device_id, old.kept_upto, new.kept_upto
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger device_state_guard before update of kept_upto on device_state
    for each row execute function device_state_guard();

-- Which seqs beyond the mark are kept already: ranges, because a gap declares many at once. Pruned behind the mark.
create table inbox (
    site_id    uuid not null,
    device_id  uuid not null,
    seq        bigint not null check (seq > 0),
    last_seq   bigint not null,
    primary key (site_id, device_id, seq),
    foreign key (site_id, device_id) references devices (site_id, id),
    check (last_seq >= seq)
);
