-- What a device says of its own store, so that a renewed, older or copied one is noticed and nothing is acknowledged
-- that is not stored.

alter table device_state
    -- Drawn when the device's spool was created; of the last hello.
    add column spool          bytea check (length(spool) = 16),
    -- The newest start of the device of which an event came, and the highest number known before its first one.
    add column events_boot    bigint,
    add column before_boot    bigint not null default 0,
    -- The start that was found behind what is kept here, and the number its events must go above.
    add column behind_epoch   bytea check (length(behind_epoch) = 16),
    add column behind_above   bigint,
    -- Numbers up to here may hold events that are stored though the inbox does not say so.
    add column ids_until      bigint not null default 0,
    -- Wall time of the device less the server's at the last hello, and what was last said of it.
    add column clock_ahead_ms bigint,
    add column clock_level    text check (clock_level in ('agrees', 'notice', 'exception'));

-- Ranges beyond the mark are merged, and few: a device that left 129,000 of them blocked its whole site.
create temporary table merged_inbox on commit drop as
    select site_id, device_id, min(seq) as seq, max(last_seq) as last_seq,
           row_number() over (partition by site_id, device_id order by min(seq)) as place
    from (
        select site_id, device_id, seq, last_seq,
               count(*) filter (where begins) over (partition by site_id, device_id order by seq) as island
        from (
            select site_id, device_id, seq, last_seq,
                   seq > coalesce(max(last_seq) over (
                       partition by site_id, device_id order by seq rows between unbounded preceding and 1 preceding
                   ), -1) + 1 as begins
            from inbox
        ) marked
    ) islands
    group by site_id, device_id, island;
-- What is forgotten here is sent again, and known by its id.
update device_state d set ids_until = m.last_seq
from (select site_id, device_id, max(last_seq) as last_seq from merged_inbox where place > 256 group by 1, 2) m
where d.site_id = m.site_id and d.device_id = m.device_id;
delete from inbox;
insert into inbox (site_id, device_id, seq, last_seq)
    select site_id, device_id, seq, last_seq from merged_inbox where place <= 256;

create index dead_letters_by_device on dead_letters (site_id, device_id, last_seq);
