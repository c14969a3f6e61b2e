insert into commands (site_id, id, lane_id, arrival_id, decision_id, action, code, params, amount_minor, currency, pay_url,
                      ordered_by, ordered_name, reason, state, wished_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'pending', $15, $16)
