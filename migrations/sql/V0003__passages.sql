-- What happens at the lanes: events as told, arrivals waiting now, decisions, stays, commands.

-- History, as the lanes told it. Partitioned by time and referenced by nobody: retention drops a partition.
create table events (
    site_id      uuid not null,
    id           uuid not null,
    lane_id      uuid not null,
    device_id    uuid not null,
    seq          bigint not null,
    boot         bigint not null,
    kind         text not null,
    arrival_id   uuid,
    occurred_at  timestamptz not null,
    clock        text not null,
    uptime_ms    bigint not null,
    received_at  timestamptz not null,
    body         jsonb not null,
    primary key (site_id, id, received_at)
) partition by range (received_at);
create table events_rest partition of events default;

-- Makes the monthly partitions from first_month on; those that exist stay as they are. Returns how many were made.
create function make_event_partitions(first_month date, months integer) returns integer language plpgsql as $$
declare
    made integer := 0;
    lower_end date;
    name text;
begin
    for i in 0 .. months - 1 loop
        lower_end := (date_trunc('month', first_month) + make_interval(months => i))::date;
        name := 'events_' || to_char(lower_end, 'YYYYMM');
        if to_regclass(name) is null then
            execute format('create table %I partition of events for values from (%L) to (%L)', name,
                lower_end::text || ' 00:00+00', (lower_end + interval '1 month')::date::text || ' 00:00+00');
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;

create table stays (
    site_id          uuid not null references sites (id),
    id               uuid not null,
    -- Canonical plate; null while nobody could read it.
    plate            text check (plate <> ''),
    state            text not null check (state in ('open', 'closed', 'exit_only', 'voided')),
    vehicle_type     text,
    entry_lane_id    uuid,
    entry_arrival_id uuid,
    entered_at       timestamptz,
    entry_code       text,
    entry_evidence   bytea,
    exit_lane_id     uuid,
    exit_arrival_id  uuid,
    exited_at        timestamptz,
    exit_code        text,
    exit_evidence    bytea,
    tariff_id        uuid,
    currency         text not null,
    charged_minor    bigint not null default 0 check (charged_minor >= 0),
    paid_minor       bigint not null default 0 check (paid_minor >= 0),
    -- Until when a paid driver may leave without paying again.
    exit_deadline    timestamptz,
    note             text not null default '',
    primary key (site_id, id),
    foreign key (site_id, tariff_id) references tariffs (site_id, id),
    check (state = 'exit_only' or entered_at is not null),
    check (state not in ('closed', 'exit_only') or exited_at is not null)
) with (fillfactor = 80);
create unique index stays_one_open_per_plate on stays (site_id, plate) where state = 'open' and plate is not null;
create index stays_open_unread on stays (site_id, entered_at) where state = 'open' and plate is null;
create index stays_exit_only on stays (site_id, plate) where state = 'exit_only';
create index stays_by_entry_arrival on stays (site_id, entry_arrival_id);
create index stays_by_plate on stays (site_id, plate, entered_at desc);

-- Cars at a lane now, from the first word of them until their passage or their leaving.
create table arrivals (
    site_id       uuid not null references sites (id),
    id            uuid not null,
    lane_id       uuid not null,
    direction     text not null check (direction in ('entry', 'exit')),
    plate         text,
    reading       jsonb,
    vehicle_type  text,
    evidence      bytea,
    arrived_at    timestamptz not null,
    received_at   timestamptz not null,
    decision_id   uuid,
    outcome       text,
    code          text,
    stay_id       uuid,
    amount_minor  bigint,
    -- Set when the passage was heard before the arrival that explains it.
    passed_at     timestamptz,
    primary key (site_id, id),
    foreign key (site_id, lane_id) references lanes (site_id, id)
) with (fillfactor = 70);
create index arrivals_by_stay on arrivals (site_id, stay_id) where stay_id is not null;
create index arrivals_by_lane on arrivals (site_id, lane_id);

create table decisions (
    site_id       uuid not null references sites (id),
    id            uuid not null,
    arrival_id    uuid not null,
    lane_id       uuid not null,
    outcome       text not null,
    code          text not null,
    params        jsonb not null,
    -- Made by the lane itself, without us.
    local         boolean not null default false,
    -- Ours, but the lane had decided already: its decision stands.
    superseded    boolean not null default false,
    stay_id       uuid,
    amount_minor  bigint,
    currency      text,
    decided_at    timestamptz not null,
    primary key (site_id, id)
);
create index decisions_by_arrival on decisions (site_id, arrival_id);

-- The outbox: an order to a lane from the moment it is wished.
create table commands (
    site_id       uuid not null references sites (id),
    id            uuid not null,
    lane_id       uuid not null,
    arrival_id    uuid,
    decision_id   uuid,
    action        text not null,
    code          text not null,
    params        jsonb not null default '{}',
    amount_minor  bigint,
    currency      text,
    pay_url       text,
    ordered_by    uuid,
    ordered_name  text,
    reason        text,
    state         text not null default 'wished'
                  check (state in ('wished', 'sent', 'done', 'ignored', 'refused', 'expired')),
    result_code   text,
    counter       bigint,
    epoch         bytea,
    not_after_ms  bigint,
    device_id     uuid,
    signed        bytea,
    attempts      integer not null default 0,
    wished_at     timestamptz not null,
    -- Past this nobody sends it any more.
    expires_at    timestamptz not null,
    next_send_at  timestamptz,
    ended_at      timestamptz,
    primary key (site_id, id),
    foreign key (site_id, lane_id) references lanes (site_id, id),
    -- Every order names its arrival, or the person and the reason.
    check (arrival_id is not null or (ordered_name is not null and reason <> '')),
    check (state <> 'sent' or (counter is not null and signed is not null))
) with (fillfactor = 70);
create unique index commands_one_in_flight on commands (site_id, lane_id) where state = 'sent';
create unique index commands_counter_once on commands (site_id, lane_id, counter) where counter is not null;
create index commands_waiting on commands (site_id, lane_id, id) where state in ('wished', 'sent');

-- What nobody could decode or apply, with its reason; answered "rejected" and kept for a person.
create table dead_letters (
    site_id      uuid not null references sites (id),
    id           uuid not null,
    device_id    uuid,
    first_seq    bigint,
    last_seq     bigint,
    topic        text not null,
    code         text not null,
    detail       text not null,
    payload      bytea not null,
    received_at  timestamptz not null,
    settled_at   timestamptz,
    primary key (site_id, id)
);

-- What people's screens follow; no is taken under the site's lock, so a reader that knows its last number misses nothing.
create table live_feed (
    site_id     uuid not null references sites (id),
    no          bigint not null,
    at          timestamptz not null,
    kind        text not null,
    lane_id     uuid,
    body        jsonb not null,
    primary key (site_id, no)
);
create index live_feed_by_time on live_feed using brin (at);

create table evidence (
    site_id      uuid not null references sites (id),
    sha256       bytea not null check (length(sha256) = 32),
    device_id    uuid,
    arrival_id   uuid,
    size_bytes   integer,
    -- Null while the picture itself has not come.
    stored_at    timestamptz,
    received_at  timestamptz not null,
    primary key (site_id, sha256)
);
create index evidence_by_arrival on evidence (site_id, arrival_id);
