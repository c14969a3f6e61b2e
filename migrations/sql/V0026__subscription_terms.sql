-- What is sold: a price for a period, and the terms that come with it.
create table plans (
    site_id         uuid not null references sites (id),
    id              uuid not null,
    name            text not null check (length(name) between 1 and 100),
    price_minor     bigint not null check (price_minor >= 0),
    currency        text not null check (currency ~ '^[A-Z]{3}$'),
    period          text not null check (period in ('day', 'week', 'month', 'year')),
    places          integer check (places between 1 and 10000),
    uses_per_month  integer check (uses_per_month between 1 and 10000),
    outside_terms   text check (outside_terms in ('visitor', 'refuse')),
    -- boomgate_domain::subscription::WeekWindow as JSON; empty: at any time.
    windows         jsonb not null default '[]',
    -- Lanes it may use; empty: all.
    lanes           uuid[] not null default '{}',
    -- Sold no more.
    retired_at      timestamptz,
    created_at      timestamptz not null default now(),
    primary key (site_id, id)
);
create unique index plans_by_name on plans (site_id, lower(name)) where retired_at is null;

-- A subscription has several vehicles now. `plate` is written by servers of the release before only; see the trigger.
alter table subscriptions alter column plate drop not null;
alter table subscriptions add column plan_id uuid;
alter table subscriptions add column contact_email text check (contact_email <> '');
alter table subscriptions add column contact_phone text check (contact_phone <> '');
alter table subscriptions add column note text not null default '';
-- So many of its vehicles are inside at once; null: each has its place.
alter table subscriptions add column places integer check (places between 1 and 10000);
-- So many entries in a calendar month of the site; null: no limit.
alter table subscriptions add column uses_per_month integer check (uses_per_month between 1 and 10000);
-- What becomes of its cars beyond these terms; null: as the site says.
alter table subscriptions add column outside_terms text check (outside_terms in ('visitor', 'refuse'));
alter table subscriptions add column windows jsonb not null default '[]';
alter table subscriptions add column lanes uuid[] not null default '{}';
-- The pause that lasts or comes; earlier ones are in its history.
alter table subscriptions add column paused_from timestamptz;
alter table subscriptions add column paused_until timestamptz;
-- From then on it is over, whatever its validity.
alter table subscriptions add column ended_at timestamptz;
-- The end its holder and the site were told of.
alter table subscriptions add column noticed_end timestamptz;
-- The end its holder was told of by mail.
alter table subscriptions add column mailed_end timestamptz;
alter table subscriptions add constraint subscriptions_plan foreign key (site_id, plan_id) references plans (site_id, id);
alter table subscriptions add constraint subscriptions_pause_is_whole check (paused_until is null or paused_until > paused_from);
create index subscriptions_ending on subscriptions (valid_until) where valid_until is not null and ended_at is null;

-- Its vehicles, those of before too. Changed plates keep the places and uses they took.
create table subscription_plates (
    site_id          uuid not null,
    id               uuid not null,
    subscription_id  uuid not null,
    plate            text not null check (plate <> ''),
    plate_typed      text check (plate_typed <> ''),
    added_at         timestamptz not null default now(),
    added_by         uuid,
    removed_at       timestamptz,
    removed_by       uuid,
    primary key (site_id, id),
    foreign key (site_id, subscription_id) references subscriptions (site_id, id) on delete cascade
);
create unique index subscription_plates_once on subscription_plates (site_id, subscription_id, plate) where removed_at is null;
create index subscription_plates_by_twins on subscription_plates (site_id, twin_key(plate)) where removed_at is null;
create index subscription_plates_of on subscription_plates (site_id, subscription_id);

insert into subscription_plates (site_id, id, subscription_id, plate, plate_typed, added_at)
select site_id, gen_random_uuid(), id, plate, plate_typed, created_at from subscriptions where plate is not null;

-- A subscription that is written with its plate in the row, as before.
create function subscription_plate_of_row() returns trigger language plpgsql as $$
begin
    if new.plate is not null then
        insert into subscription_plates (site_id, id, subscription_id, plate, plate_typed, added_at)
        values (new.site_id, gen_random_uuid(), new.id, new.plate, new.plate_typed, new.created_at);
    end if;
    return null;
end $$;
create trigger subscription_plate_of_row after insert on subscriptions for each row execute function subscription_plate_of_row();

-- What was done to a subscription, by whom and why; reasons stand here, where they can be erased.
create table subscription_history (
    site_id          uuid not null,
    id               uuid not null,
    subscription_id  uuid not null,
    at               timestamptz not null,
    what             text not null check (what <> ''),
    by               uuid,
    reason           text check (length(reason) between 1 and 300),
    detail           jsonb not null default '{}',
    primary key (site_id, id),
    foreign key (site_id, subscription_id) references subscriptions (site_id, id) on delete cascade
);
create index subscription_history_of on subscription_history (site_id, subscription_id, at);

-- Plates that may come in once more though they are inside: one stay's, or (without a stay) all that came in before.
create table passback_resets (
    site_id   uuid not null references sites (id),
    id        uuid not null,
    stay_id   uuid,
    reset_at  timestamptz not null,
    reset_by  uuid,
    reason    text not null check (length(reason) between 1 and 300),
    primary key (site_id, id)
);
create index passback_resets_newest on passback_resets (site_id, reset_at);

create trigger subscription_plates_inserted after insert on subscription_plates referencing new table as changed
    for each statement execute function new_list_version();
create trigger subscription_plates_updated after update on subscription_plates referencing new table as changed
    for each statement execute function new_list_version();
create trigger subscription_plates_deleted after delete on subscription_plates referencing old table as changed
    for each statement execute function new_list_version();
create trigger access_settings_inserted after insert on access_settings referencing new table as changed
    for each statement execute function new_list_version();
create trigger access_settings_updated after update on access_settings referencing new table as changed
    for each statement execute function new_list_version();
-- A site's passback and a subscription's notice change no list, but are rare.
