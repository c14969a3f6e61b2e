insert into tariff_drafts (site_id, id, body, created_by, created_at, changed_name, changed_at) values ($1, $2, $3, $4, $5, $6, $5)
