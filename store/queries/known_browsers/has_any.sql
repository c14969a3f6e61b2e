select exists (select from known_browsers where user_id = $1) as known
