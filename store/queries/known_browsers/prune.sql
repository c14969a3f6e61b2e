delete from known_browsers where expires_at <= now()
