select count(*) as users from users
