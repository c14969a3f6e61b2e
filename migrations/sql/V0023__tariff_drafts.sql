-- A tariff that somebody writes: changed as often as they like, until it is published as a version or discarded.
create table tariff_drafts (
    site_id       uuid not null references sites (id),
    id            uuid not null,
    -- boomgate_domain::tariff::Tariff as JSON; may have faults.
    body          jsonb not null,
    created_by    uuid,
    created_at    timestamptz not null,
    changed_name  text not null,
    changed_at    timestamptz not null,
    primary key (site_id, id)
);

-- Who published a version, as they were called then.
alter table tariffs add column created_name text not null default '';
-- Read with every batch of events: without them the whole body would be.
alter table tariffs add column currency text generated always as (body ->> 'currency') stored;
alter table tariffs add column has_monthly_cap boolean generated always as (coalesce(body ->> 'monthly_cap', '') <> '') stored;
create index tariffs_by_start on tariffs (site_id, valid_from desc, version desc);

-- What a plate's earlier stays of the calendar month in which this stay began were charged: counts against a monthly cap.
create function month_charged(site uuid, stay uuid, of_plate text, entered timestamptz) returns bigint
    language sql stable as $$
    select coalesce(sum(e.charged_minor), 0)::bigint
    from sites si
    join stays e on e.site_id = si.id
    where si.id = site and e.plate = of_plate and e.state = 'closed' and e.id <> stay
      and e.entered_at >= date_trunc('month', entered at time zone si.time_zone) at time zone si.time_zone
      and e.entered_at < entered
$$;
