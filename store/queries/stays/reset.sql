update stays set state = 'voided', note = $3
where site_id = $1 and state = 'open' and entered_at < $2
returning id
