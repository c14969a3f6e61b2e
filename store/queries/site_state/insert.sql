insert into site_state (site_id) values ($1)
