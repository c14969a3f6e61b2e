insert into subscriptions (site_id, id, kind, holder, valid_from, valid_until) values ($1, $2, $3, $4, $5, $6)
