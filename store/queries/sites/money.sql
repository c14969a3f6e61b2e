select (select count(*) from stays s where s.site_id = $1 and s.state = 'open') as open_stays,
       (select count(*) from ledger_entries e where e.site_id = $1) as ledger_entries
