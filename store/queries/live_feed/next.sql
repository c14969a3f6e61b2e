update site_state set live_no = live_no + 1 where site_id = $1 returning live_no
