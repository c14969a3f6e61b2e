select p.site_id, si.code as site_code, p.id, p.name, p.price_minor, p.currency, p.period, p.places, p.uses_per_month, p.outside_terms,
       p.windows, p.lanes, p.retired_at, p.created_at,
       (select count(*) from subscriptions s where s.site_id = p.site_id and s.plan_id = p.id
          and (s.valid_until is null or s.valid_until > $5) and (s.ended_at is null or s.ended_at > $5)) as subscriptions
from plans p
join sites si on si.id = p.site_id
where p.site_id = any ($1) and ($2::boolean or p.retired_at is null)
  and ($3::text is null or p.name ilike '%' || $3 || '%')
  and ($4::uuid is null or p.id = $4)
  and ($6::uuid is null or p.id < $6)
order by p.id desc
limit $7
