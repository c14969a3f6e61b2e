-- How people get in: a second factor, links that work once, notices, and tokens of programs.

alter table users add column email text check (email <> '');
-- Null: nobody has chosen a password yet; the person was invited.
alter table users add column password_set_at timestamptz;
update users set password_set_at = created_at;

-- RFC 6238. A secret counts once a code of it was given; a step of the clock lets in once.
alter table users add column totp_confirmed_at timestamptz;
alter table users add column totp_last_step bigint;
alter table users add constraint users_totp check (totp_confirmed_at is null or totp_secret is not null);

create table recovery_codes (
    user_id    uuid not null references users (id),
    -- SHA-256 of the code; the codes are shown once.
    code_hash  bytea not null check (length(code_hash) = 32),
    used_at    timestamptz,
    primary key (user_id, code_hash)
);

create table one_time_links (
    -- SHA-256 of the token; the link is shown once.
    token_hash  bytea primary key check (length(token_hash) = 32),
    kind        text not null check (kind in ('setup', 'invitation', 'reset')),
    -- Null for the set-up of an installation without people.
    user_id     uuid references users (id),
    created_at  timestamptz not null,
    expires_at  timestamptz not null check (expires_at > created_at),
    check ((kind = 'setup') = (user_id is null))
);
create index one_time_links_by_user on one_time_links (user_id);

-- Refresh tokens of a program's session: each works once, and a second use ends the session.
create table refresh_tokens (
    token_hash  bytea primary key check (length(token_hash) = 32),
    session_id  uuid not null references sessions (id) on delete cascade,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    used_at     timestamptz
);
create index refresh_tokens_by_session on refresh_tokens (session_id);

-- What a person should know about their own account.
create table notices (
    user_id  uuid not null references users (id),
    id       uuid not null,
    kind     text not null,
    at       timestamptz not null,
    params   jsonb not null default '{}',
    seen_at  timestamptz,
    primary key (user_id, id)
);

-- Languages of signs and pages, the preferred one first.
alter table sites add column languages text[] not null default '{en}' check (cardinality(languages) > 0);
