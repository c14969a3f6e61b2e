select id, plate from stays where site_id = $1 and state = 'open' and plate is not null order by entered_at desc limit $2
