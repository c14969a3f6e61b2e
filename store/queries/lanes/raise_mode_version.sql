update lanes set mode_version = greatest(mode_version, $3::bigint + 1) where site_id = $1 and id = $2 returning mode_version
