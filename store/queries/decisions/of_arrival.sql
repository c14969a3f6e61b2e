select id, arrival_id, lane_id, outcome, code, params, local, superseded, stay_id, amount_minor, currency, decided_at from decisions
where site_id = $1 and arrival_id = $2 order by id
