-- Codes that take something off what a stay costs: made by one person, redeemed by another.
create table validation_codes (
    site_id         uuid not null references sites (id),
    id              uuid not null,
    code            text not null check (code ~ '^[A-Z0-9-]{4,32}$'),
    label           text not null,
    -- boomgate_domain::tariff::Benefit as JSON.
    benefit         jsonb not null,
    -- Most that one use takes off.
    most_off_minor  bigint check (most_off_minor > 0),
    -- Null: as often as people like.
    max_uses        integer check (max_uses > 0),
    valid_from      timestamptz not null,
    valid_until     timestamptz,
    created_by      uuid,
    created_name    text not null,
    created_at      timestamptz not null,
    cancelled_at    timestamptz,
    cancelled_name  text,
    primary key (site_id, id),
    unique (site_id, code),
    check (valid_until > valid_from),
    check ((cancelled_at is null) = (cancelled_name is null))
);

-- A code redeemed for a stay; its benefit stands with the stay, as it was then.
create table validations (
    site_id         uuid not null references sites (id),
    id              uuid not null,
    code_id         uuid not null,
    stay_id         uuid not null,
    redeemed_by     uuid,
    redeemed_name   text not null,
    redeemed_at     timestamptz not null,
    -- Of prepaid time: what was left when it was redeemed, and what of it the stay took, once that is known.
    given_minutes   integer,
    taken_minutes   integer,
    cancelled_at    timestamptz,
    cancelled_name  text,
    primary key (site_id, id),
    foreign key (site_id, code_id) references validation_codes (site_id, id),
    foreign key (site_id, stay_id) references stays (site_id, id),
    check ((cancelled_at is null) = (cancelled_name is null))
);
create unique index validations_once on validations (site_id, code_id, stay_id) where cancelled_at is null;
create index validations_by_stay on validations (site_id, stay_id);

-- boomgate_domain::tariff::Validation as JSON, the oldest first: what a decision needs, without a look into another table.
alter table stays add column validations jsonb not null default '[]';
