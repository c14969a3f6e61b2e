update device_state set epoch = $3, boot = $4, uptime_ms = $5, heard_at = $6, last_seen = $6, list_version = $8, hello = $9,
       command_counter = greatest(command_counter, $7), spool = coalesce($10, spool), clock_ahead_ms = $11,
       backlog_since = case when $13 then coalesce(backlog_since, $6) end
where site_id = $1 and device_id = $2 and (epoch = $3 or $12)
returning kept_upto, behind_epoch, behind_above, clock_level
