update site_state set inside = $2 where site_id = $1
