update device_state set behind_epoch = $3, behind_above = $4 where site_id = $1 and device_id = $2
