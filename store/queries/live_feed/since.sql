select site_id, no, at, kind, lane_id, body from live_feed
where site_id = $1 and no > $2
order by no
limit $3
