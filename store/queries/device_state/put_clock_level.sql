update device_state set clock_level = $3
where site_id = $1 and device_id = $2 and clock_level is distinct from $3
