-- Who may do what, what was done by whom, and how long anything is kept.

create table users (
    tenant_id      uuid not null references tenants (id),
    id             uuid not null primary key,
    name           text not null check (name <> ''),
    -- argon2id, PHC string
    password_hash  text not null,
    role           text not null check (role in ('admin', 'operator', 'guard', 'resident')),
    totp_secret    bytea,
    disabled_at    timestamptz,
    created_at     timestamptz not null default now()
);
create unique index users_by_name on users (lower(name));

-- Sites of a user that is not bound to the whole tenant; admins need no row.
create table user_sites (
    user_id  uuid not null references users (id),
    site_id  uuid not null references sites (id),
    primary key (user_id, site_id)
);

create table sessions (
    token_hash  bytea primary key check (length(token_hash) = 32),
    user_id     uuid not null references users (id),
    kind        text not null check (kind in ('browser', 'bearer')),
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    last_seen   timestamptz not null,
    address     text not null default '',
    agent       text not null default ''
);
create index sessions_by_user on sessions (user_id);

create table idempotency_keys (
    user_id       uuid not null references users (id),
    key           text not null check (length(key) between 1 and 255),
    request_hash  bytea not null check (length(request_hash) = 32),
    status        integer not null,
    response      jsonb not null,
    created_at    timestamptz not null,
    primary key (user_id, key)
);

-- Hash chain per site. Rows are written unsealed (no, previous, hash null); a job seals them in order after commit.
-- detail holds ids and codes only; what must be erasable stands in audit_secrets behind a salted commitment.
create table audit (
    site_id      uuid not null references sites (id),
    id           uuid not null,
    at           timestamptz not null,
    actor_kind   text not null check (actor_kind in ('server', 'device', 'user', 'job')),
    actor_id     uuid,
    action       text not null,
    lane_id      uuid,
    arrival_id   uuid,
    stay_id      uuid,
    command_id   uuid,
    detail       jsonb not null default '{}',
    commitment   bytea check (length(commitment) = 32),
    no           bigint,
    previous     bytea,
    hash         bytea,
    primary key (site_id, id),
    check ((no is null) = (hash is null))
);
create unique index audit_sealed on audit (site_id, no) where no is not null;
create index audit_unsealed on audit (site_id, id) where no is null;

create function audit_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.no is null and new.no is not null
       and (to_jsonb(new) - '{no,previous,hash}'::text[]) = (to_jsonb(old) - '{no,previous,hash}'::text[]) then
        return new;
    end if;
    raise exception 'audit rows are only ever sealed' using errcode = 'restrict_violation';
end $$;
create trigger audit_append_only before update or delete on audit
    for each row execute function audit_guard();

create table audit_secrets (
    site_id   uuid not null,
    audit_id  uuid not null,
    salt      bytea not null check (length(salt) = 16),
    value     text not null,
    primary key (site_id, audit_id),
    foreign key (site_id, audit_id) references audit (site_id, id)
);

-- How long each class of personal data is kept, and what was purged when.
create table retention_classes (
    site_id    uuid not null references sites (id),
    class      text not null,
    keep_days  integer not null check (keep_days > 0),
    primary key (site_id, class)
);

create table purge_log (
    site_id    uuid not null references sites (id),
    id         uuid not null,
    class      text not null,
    before     timestamptz not null,
    rows       bigint not null,
    purged_at  timestamptz not null,
    primary key (site_id, id)
);
