-- Roles per site or for the whole tenant, keys of programs, and answers kept for any kind of actor.
-- users.role, user_sites and idempotency_keys are no longer read; a later release drops them.

alter table users add constraint users_in_tenant unique (tenant_id, id);
alter table users alter column role drop not null;

-- A user name belongs to a tenant: two companies may each have an ann.
drop index users_by_name;
create unique index users_by_name on users (lower(name), tenant_id);

create table memberships (
    tenant_id   uuid not null,
    user_id     uuid not null,
    -- Null: at every site of the tenant, also at those that come later.
    site_id     uuid,
    role        text not null check (role in ('admin', 'operator', 'guard', 'resident')),
    created_at  timestamptz not null default now(),
    foreign key (tenant_id, user_id) references users (tenant_id, id),
    foreign key (tenant_id, site_id) references sites (tenant_id, id)
);
create unique index memberships_by_user on memberships (user_id, site_id) nulls not distinct;
create index memberships_by_site on memberships (site_id);

insert into memberships (tenant_id, user_id, role)
select tenant_id, id, role from users where role = 'admin';
insert into memberships (tenant_id, user_id, site_id, role)
select u.tenant_id, u.id, s.id, u.role
from users u join user_sites us on us.user_id = u.id join sites s on s.id = us.site_id and s.tenant_id = u.tenant_id
where u.role <> 'admin';

-- Programs act by a key: for the user who made it, with the permissions and sites named here, and never with more than
-- that user has at the time.
create table api_keys (
    tenant_id    uuid not null,
    id           uuid primary key,
    name         text not null check (name <> ''),
    -- SHA-256 of the key; the key itself is shown once.
    token_hash   bytea not null unique check (length(token_hash) = 32),
    permissions  text[] not null check (cardinality(permissions) > 0),
    -- Null: every site its maker sees.
    sites        uuid[],
    created_by   uuid not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null check (expires_at > created_at),
    last_used    timestamptz,
    revoked_at   timestamptz,
    foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create unique index api_keys_by_name on api_keys (tenant_id, lower(name)) where revoked_at is null;

create table answered_requests (
    actor_kind    text not null check (actor_kind in ('user', 'key')),
    actor_id      uuid not null,
    key           text not null check (length(key) between 1 and 255),
    request_hash  bytea not null check (length(request_hash) = 32),
    status        integer not null,
    response      jsonb not null,
    created_at    timestamptz not null,
    primary key (actor_kind, actor_id, key)
);
create index answered_requests_by_age on answered_requests (created_at);
insert into answered_requests
select 'user', user_id, key, request_hash, status, response, created_at from idempotency_keys;

alter table audit drop constraint audit_actor_kind_check;
alter table audit add constraint audit_actor_kind_check check (actor_kind in ('server', 'device', 'user', 'key', 'job'));
