select d.code, ds.kept_upto,
       coalesce((ds.hello ->> 'next_seq')::bigint, 1) as next_seq,
       coalesce((ds.hello ->> 'backlog')::bigint, 0) as backlog,
       (select count(*) from events e where e.site_id = d.site_id and e.device_id = d.id and e.seq <= ds.kept_upto) as events,
       (select count(distinct e.seq) from events e where e.site_id = d.site_id and e.device_id = d.id and e.seq <= ds.kept_upto) as different,
       -- What is declared lost and is not kept all the same: a lane whose store was behind cannot know what the server holds.
       (select coalesce(sum(upper(lost) - lower(lost)), 0)::bigint
        from unnest(
            (select coalesce(range_agg(int8range((e.body ->> 'first')::bigint, (e.body ->> 'last')::bigint, '[]')), '{}')
             from events e where e.site_id = d.site_id and e.device_id = d.id and e.kind = 'gap')
            - (select coalesce(range_agg(int8range(e.seq, e.seq, '[]')), '{}')
               from events e where e.site_id = d.site_id and e.device_id = d.id)
            - (select coalesce(range_agg(int8range(l.first_seq, l.last_seq, '[]')), '{}')
               from dead_letters l where l.site_id = d.site_id and l.device_id = d.id and l.first_seq is not null)
        ) as lost) as declared_lost,
       (select coalesce(sum(l.last_seq - l.first_seq + 1), 0)::bigint
        from dead_letters l where l.site_id = d.site_id and l.device_id = d.id and l.first_seq is not null) as rejected
from devices d
join device_state ds on ds.site_id = d.site_id and ds.device_id = d.id
where d.site_id = $1
order by d.code
