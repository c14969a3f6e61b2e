delete from user_sites where user_id = $1 and site_id = $2
