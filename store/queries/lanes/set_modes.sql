update lanes set mode = $3, mode_version = mode_version + 1, mode_reason = $4, mode_until = $5, mode_since = $6, mode_by = $7,
       mode_unsent = true
where site_id = $1 and id = any ($2)
