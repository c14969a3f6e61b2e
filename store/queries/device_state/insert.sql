insert into device_state (site_id, device_id) values ($1, $2)
