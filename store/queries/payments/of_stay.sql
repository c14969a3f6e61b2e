select site_id, id, stay_id, method, amount_minor, currency, reference, taken_by, taken_name, taken_at from payments
where site_id = $1 and stay_id = $2 order by taken_at, id
