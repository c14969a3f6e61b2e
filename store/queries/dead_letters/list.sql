select site_id, id, device_id, first_seq, last_seq, topic, code, detail, received_at from dead_letters
where site_id = $1 and settled_at is null order by id desc limit $2
