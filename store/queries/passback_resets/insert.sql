insert into passback_resets (site_id, id, stay_id, reset_at, reset_by, reason) values ($1, $2, $3, $4, $5, $6)
