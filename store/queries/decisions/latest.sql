select id, arrival_id, lane_id, outcome, code, params, local, superseded, stay_id, amount_minor, currency, decided_at from decisions
where site_id = $1 and ($2::uuid is null or lane_id = $2) order by id desc limit $3
