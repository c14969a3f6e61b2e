update devices set revoked_at = coalesce(revoked_at, $3) where site_id = $1 and id = $2
