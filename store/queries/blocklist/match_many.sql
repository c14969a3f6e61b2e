select w.site_id, w.plate, b.id, b.valid_from, b.valid_until
from unnest($1::uuid[], $2::text[]) as w (site_id, plate)
join blocklist b on b.site_id = w.site_id and b.plate = w.plate
where (b.valid_from is null or b.valid_from <= $3) and (b.valid_until is null or b.valid_until > $3)
