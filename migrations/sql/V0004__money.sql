-- Double-entry ledger: written once, never changed, each entry sums to zero per currency.

create table accounts (
    site_id     uuid not null references sites (id),
    id          uuid not null,
    code        text not null,
    kind        text not null check (kind in ('asset', 'liability', 'income', 'expense')),
    currency    text not null check (currency ~ '^[A-Z]{3}$'),
    primary key (site_id, id),
    unique (site_id, code, currency)
);

create table ledger_entries (
    site_id      uuid not null references sites (id),
    id           uuid not null,
    kind         text not null,
    stay_id      uuid,
    memo         text not null default '',
    recorded_at  timestamptz not null,
    primary key (site_id, id)
);

create table postings (
    site_id       uuid not null,
    entry_id      uuid not null,
    line          integer not null check (line > 0),
    account_id    uuid not null,
    -- Debit positive, credit negative.
    amount_minor  bigint not null check (amount_minor <> 0),
    currency      text not null,
    primary key (site_id, entry_id, line),
    foreign key (site_id, entry_id) references ledger_entries (site_id, id),
    foreign key (site_id, account_id) references accounts (site_id, id)
);
create index postings_by_account on postings (site_id, account_id);

create function ledger_sums_to_zero() returns trigger language plpgsql as $$
declare
    entry uuid := case tg_table_name when 'postings' then (to_jsonb(new) ->> 'entry_id')::uuid else (to_jsonb(new) ->> 'id')::uuid end;
begin
    if not exists (select from postings p where p.site_id = new.site_id and p.entry_id = entry) then
        raise exception 'ledger entry % has no postings', entry using errcode = 'check_violation';
    end if;
    if exists (select from postings p where p.site_id = new.site_id and p.entry_id = entry
               group by p.currency having sum(p.amount_minor) <> 0) then
        raise exception 'ledger entry % does not sum to zero', entry using errcode = 'check_violation';
    end if;
    if exists (select from postings p join accounts a on a.site_id = p.site_id and a.id = p.account_id
               where p.site_id = new.site_id and p.entry_id = entry and a.currency <> p.currency) then
        raise exception 'ledger entry % posts to an account of another currency', entry using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger ledger_entries_balanced after insert on ledger_entries
    deferrable initially deferred for each row execute function ledger_sums_to_zero();
create constraint trigger postings_balanced after insert on postings
    deferrable initially deferred for each row execute function ledger_sums_to_zero();
create trigger ledger_entries_append_only before update or delete on ledger_entries
    for each row execute function refuse_change();
create trigger postings_append_only before update or delete on postings
    for each row execute function refuse_change();

create table payments (
    site_id       uuid not null references sites (id),
    id            uuid not null,
    stay_id       uuid not null,
    entry_id      uuid not null,
    method        text not null check (method in ('cash', 'card', 'stripe', 'paypal', 'vietqr', 'manual')),
    amount_minor  bigint not null check (amount_minor > 0),
    currency      text not null,
    reference     text not null default '',
    taken_by      uuid,
    taken_name    text not null default '',
    taken_at      timestamptz not null,
    primary key (site_id, id),
    foreign key (site_id, stay_id) references stays (site_id, id),
    foreign key (site_id, entry_id) references ledger_entries (site_id, id)
);
create index payments_by_stay on payments (site_id, stay_id);
