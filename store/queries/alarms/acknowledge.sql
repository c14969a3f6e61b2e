update alarms set acknowledged_at = $3, acknowledged_by = $4 where site_id = $1 and id = $2
