-- An order that waits to be counted and signed is 'pending' from here on; 'wished' was its word before. This release
-- reads both words and writes the new one; the default stays, because a server of the release before relies on it while
-- it still runs beside this one. The next release rewrites what is left, takes the default and drops 'wished'.
alter table commands drop constraint commands_state_check;
alter table commands add constraint commands_state_check
    check (state in ('pending', 'wished', 'sent', 'done', 'ignored', 'refused', 'expired'));
update commands set state = 'pending' where state = 'wished';

drop index commands_waiting;
create index commands_waiting on commands (site_id, lane_id, id) where state in ('pending', 'wished', 'sent');
