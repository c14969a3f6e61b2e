-- What people correct of stays, the numbers of a day, and views for other programs' reports.

-- The other half of a stay whose entry and exit were taken for two cars.
alter table stays add column merged_into uuid;

-- An exit without an entry can be voided, too: it was the other half of a stay.
alter table stays drop constraint stays_check;
alter table stays add constraint stays_entry_known check (state in ('exit_only', 'voided') or entered_at is not null);

create index stays_by_entry on stays (site_id, entered_at desc) where entered_at is not null;
create index stays_by_exit on stays (site_id, exited_at desc) where exited_at is not null;
create index payments_by_time on payments (site_id, taken_at desc);

-- Reports of other programs read these views and nothing else. A reader is a role of the database that may see one
-- tenant: each view shows a reader the rows of that tenant only. No plates, names or notes.
create schema bi;

create table bi.readers (
    role_name  text primary key,
    tenant_id  uuid not null references tenants (id),
    made_at    timestamptz not null default now()
);

-- The tenant of whoever asks; runs with the owner's rights, so that readers need none on the table.
create function bi.tenant() returns uuid language sql stable security definer set search_path = bi, pg_temp as $$
    select tenant_id from bi.readers where role_name = session_user or role_name = current_setting('role', true) limit 1
$$;

create view bi.sites with (security_barrier) as
select s.id as site_id, s.code, s.name, s.time_zone, s.currency, s.capacity, st.inside
from sites s join site_state st on st.site_id = s.id
where s.tenant_id = bi.tenant();

create view bi.lanes with (security_barrier) as
select l.site_id, l.id as lane_id, l.code, l.name, l.direction
from lanes l join sites s on s.id = l.site_id
where s.tenant_id = bi.tenant();

create view bi.stays with (security_barrier) as
select t.site_id, t.id as stay_id, t.state, t.vehicle_type, t.entry_lane_id, t.exit_lane_id, t.entered_at, t.exited_at,
       extract(epoch from t.exited_at - t.entered_at) / 60 as minutes, t.entry_code, t.exit_code, v.version as tariff_version,
       t.currency, t.charged_minor, t.paid_minor,
       (t.entered_at at time zone s.time_zone)::date as entry_day, (t.exited_at at time zone s.time_zone)::date as exit_day
from stays t
join sites s on s.id = t.site_id
left join tariffs v on v.site_id = t.site_id and v.id = t.tariff_id
where s.tenant_id = bi.tenant();

create view bi.payments with (security_barrier) as
select p.site_id, p.id as payment_id, p.stay_id, p.method, p.amount_minor, p.currency, p.taken_at,
       (p.taken_at at time zone s.time_zone)::date as day
from payments p join sites s on s.id = p.site_id
where s.tenant_id = bi.tenant();

create view bi.decisions with (security_barrier) as
select d.site_id, d.id as decision_id, d.lane_id, d.outcome, d.code, d.local, d.superseded, d.decided_at,
       (d.decided_at at time zone s.time_zone)::date as day
from decisions d join sites s on s.id = d.site_id
where s.tenant_id = bi.tenant();

create view bi.alarms with (security_barrier) as
select a.site_id, a.id as alarm_id, a.lane_id, a.kind, a.raised_at, a.acknowledged_at, a.closed_at, a.times
from alarms a join sites s on s.id = a.site_id
where s.tenant_id = bi.tenant();
