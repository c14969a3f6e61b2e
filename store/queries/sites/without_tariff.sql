select s.code from sites s
where exists (select from lanes l where l.site_id = s.id)
  and not exists (
      select from tariffs t where t.site_id = s.id and t.valid_from <= $1 and t.currency = s.currency
  )
order by s.code
