delete from one_time_links where user_id is not distinct from $1
