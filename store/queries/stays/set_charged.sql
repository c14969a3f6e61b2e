update stays set charged_minor = $3 where site_id = $1 and id = $2
