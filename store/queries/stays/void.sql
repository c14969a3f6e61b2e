update stays set state = 'voided', merged_into = $3, note = $4 where site_id = $1 and id = $2
