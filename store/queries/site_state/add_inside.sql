update site_state set inside = greatest(inside + $2, 0) where site_id = $1
