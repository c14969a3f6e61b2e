delete from tariff_drafts where site_id = $1 and id = $2
