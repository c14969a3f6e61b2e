update alarms set closed_at = $3, closed_by = $4, note = $5 where site_id = $1 and id = $2
