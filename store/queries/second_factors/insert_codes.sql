insert into recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])
