select first_seq, last_seq, code from dead_letters
where site_id = $1 and device_id = $2 and last_seq >= $3 and first_seq <= $4
order by first_seq
