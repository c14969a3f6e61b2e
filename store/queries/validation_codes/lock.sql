select id from validation_codes where site_id = $1 and id = $2 for update
