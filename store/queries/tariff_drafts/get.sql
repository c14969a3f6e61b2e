select site_id, id, body, created_at, changed_name, changed_at from tariff_drafts where id = $1
