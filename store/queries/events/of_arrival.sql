select id, lane_id, seq, kind, occurred_at, received_at, body from events
where site_id = $1 and arrival_id = $2 and id >= $3 and id < $4 order by id
