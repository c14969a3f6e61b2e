select count(*) as open from stays where site_id = $1 and state = 'open'
