select c.site_id, c.id, c.code, c.label, c.benefit, c.most_off_minor, c.max_uses, c.valid_from, c.valid_until, c.created_by,
       c.created_name, c.created_at, c.cancelled_at, c.cancelled_name,
       (select count(*) from validations v where v.site_id = c.site_id and v.code_id = c.id and v.cancelled_at is null) as uses
from validation_codes c
where c.id = $1
