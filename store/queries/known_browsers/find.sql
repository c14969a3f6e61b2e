select exists (select from known_browsers where token_hash = $1 and ($2::uuid is null or user_id = $2) and expires_at > $3) as known
