-- What a broken or hostile device had brought about before its numbers were bounded, healed; and what may not come
-- back. The bounds are those of the messages' grammar.

-- Orders count on from the counter a device claims: beyond this it is not believed (it says it again at its next hello).
update device_state set command_counter = 0 where command_counter not between 0 and 9007199254740991;
update lanes set command_counter = 0 where command_counter not between 0 and 9007199254740991;
alter table device_state add constraint device_state_command_counter_bounded
    check (command_counter between 0 and 9007199254740991);

-- Nobody is less than nobody.
update site_state set inside = 0 where inside < 0;
alter table site_state add constraint site_state_inside_not_negative check (inside >= 0);
