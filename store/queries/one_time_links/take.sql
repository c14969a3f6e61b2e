delete from one_time_links l where l.token_hash = $1 and l.expires_at > $2
returning l.kind, l.user_id, l.expires_at
