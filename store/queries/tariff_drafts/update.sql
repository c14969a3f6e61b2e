update tariff_drafts set body = $3, changed_name = $4, changed_at = $5 where site_id = $1 and id = $2
