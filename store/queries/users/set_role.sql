update users set role = $2 where id = $1
