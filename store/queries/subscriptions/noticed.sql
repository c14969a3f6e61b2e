update subscriptions set noticed_end = valid_until where (site_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))
