select id, plate from stays where site_id = $1 and state = 'open' and entered_at <= $2 order by entered_at desc limit $3
