select site_id, id, body, created_at, changed_name, changed_at from tariff_drafts where site_id = $1 order by changed_at desc, id
