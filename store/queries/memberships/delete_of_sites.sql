delete from memberships where user_id = $1 and site_id is not null
