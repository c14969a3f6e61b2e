select stay_id, number from tickets where site_id = $1 and stay_id = any ($2) order by issued_at desc
