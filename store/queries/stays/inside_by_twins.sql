select id, plate from stays where site_id = $1 and state = 'open' and twin_key(plate) = twin_key($2)
