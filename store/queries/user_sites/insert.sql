insert into user_sites (user_id, site_id) values ($1, $2) on conflict do nothing
