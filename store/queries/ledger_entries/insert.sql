insert into ledger_entries (site_id, id, kind, stay_id, memo, recorded_at) values ($1, $2, $3, $4, $5, $6)
