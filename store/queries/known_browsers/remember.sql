insert into known_browsers (token_hash, user_id, created_at, expires_at) values ($1, $2, $3, $4)
on conflict (token_hash, user_id) do update set expires_at = excluded.expires_at
