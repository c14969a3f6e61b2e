update notices set seen_at = $3 where user_id = $1 and id = $2 and seen_at is null
