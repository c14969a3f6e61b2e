update stays set paid_minor = paid_minor + $3, exit_deadline = greatest(exit_deadline, $4) where site_id = $1 and id = $2
