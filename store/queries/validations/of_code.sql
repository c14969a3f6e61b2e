select v.site_id, v.id, v.code_id, v.stay_id, v.redeemed_by, v.redeemed_name, v.redeemed_at, v.given_minutes, v.taken_minutes,
       v.cancelled_at, v.cancelled_name, c.code, c.label, c.benefit, c.most_off_minor
from validations v join validation_codes c on c.site_id = v.site_id and c.id = v.code_id
where v.site_id = $1 and v.code_id = $2 and v.cancelled_at is null
order by v.redeemed_at, v.id
