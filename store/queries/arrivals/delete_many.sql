delete from arrivals a using unnest($1::uuid[], $2::uuid[]) as w (site_id, id)
where a.site_id = w.site_id and a.id = w.id
