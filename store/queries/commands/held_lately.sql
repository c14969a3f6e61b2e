-- Lanes whose newest order of those that hold or end a hold is a hold, of these made since then. $2 is the first id of that time.
select lane_id from (
    select distinct on (lane_id) lane_id, action
    from commands
    where site_id = $1 and id >= $2 and action in ('hold', 'release', 'close') and state in ('pending', 'wished', 'sent', 'done')
    order by lane_id, id desc
) newest
where action = 'hold'
