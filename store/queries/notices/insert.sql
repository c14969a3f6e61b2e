insert into notices (user_id, id, kind, at, params) values ($1, $2, $3, $4, $5)
