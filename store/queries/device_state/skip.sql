update device_state set kept_before = kept_upto, kept_upto = $3 where site_id = $1 and device_id = $2 and kept_upto < $3
