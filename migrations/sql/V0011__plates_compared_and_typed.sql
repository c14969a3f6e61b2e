-- Twins of a plate (0 for O, 1 for I) are found by one key; boomgate_domain::plate::twins makes the same.
create function twin_key(plate text) returns text
    language sql immutable strict parallel safe as $$ select translate(plate, 'OI', '01') $$;

create index subscriptions_by_twins on subscriptions (site_id, twin_key(plate));
create index blocklist_by_twins on blocklist (site_id, twin_key(plate));
create index stays_open_by_twins on stays (site_id, twin_key(plate)) where state = 'open';

-- The offline list names blocks by this key too: every lane fetches it anew.
update site_state set list_version = list_version + 1;

-- The plate as a person wrote it, for show: 'BÖ-AB 123' beside BOAB123. Null where nobody wrote it.
alter table vehicles add column plate_typed text check (plate_typed <> '');
alter table subscriptions add column plate_typed text check (plate_typed <> '');
alter table blocklist add column plate_typed text check (plate_typed <> '');
