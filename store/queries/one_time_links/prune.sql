delete from one_time_links where expires_at < now()
