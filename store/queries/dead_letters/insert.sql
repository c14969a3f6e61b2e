insert into dead_letters (site_id, id, device_id, first_seq, last_seq, topic, code, detail, payload, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
