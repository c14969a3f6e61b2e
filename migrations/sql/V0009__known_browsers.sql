-- Browsers in which a person has logged in before: strangers' failed logins never lock them out. The token itself is in
-- the browser's cookie only; several people may use one browser.
create table known_browsers (
    token_hash  bytea not null check (length(token_hash) = 32),
    user_id     uuid not null references users (id),
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    primary key (token_hash, user_id)
);
create index known_browsers_by_user on known_browsers (user_id);

-- One row that each server writes now and then: whether anything can be committed.
create table write_probe (
    id  smallint primary key check (id = 1),
    at  timestamptz not null
);
insert into write_probe (id, at) values (1, now());
