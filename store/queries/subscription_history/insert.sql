insert into subscription_history (site_id, id, subscription_id, at, what, by, reason, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)
