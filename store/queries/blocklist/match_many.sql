select distinct b.site_id, b.plate, b.plate_typed, b.id, b.valid_from, b.valid_until
from unnest($1::uuid[], $2::text[]) as w (site_id, plate)
join blocklist b on b.site_id = w.site_id and twin_key(b.plate) = twin_key(w.plate)
where b.lifted_at is null and (b.valid_from is null or b.valid_from <= $3) and (b.valid_until is null or b.valid_until > $3)
