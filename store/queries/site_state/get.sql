select site_id, inside, live_no, list_version from site_state where site_id = $1
