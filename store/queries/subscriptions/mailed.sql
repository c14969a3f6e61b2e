update subscriptions set mailed_end = valid_until where site_id = $1 and id = $2
