delete from sessions where user_id = $1 and id is distinct from $2
