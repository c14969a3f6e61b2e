select s.site_id, si.code as site_code, si.time_zone, s.id, s.holder, s.contact_email, s.contact_phone, s.note, s.kind, s.plan_id,
       pl.name as plan_name, s.valid_from, s.valid_until, s.ended_at, s.paused_from, s.paused_until, s.places, s.uses_per_month,
       s.outside_terms, s.windows, s.lanes, s.created_at,
       case when s.uses_per_month is null then 0 else (
           select count(distinct o.id) from subscription_plates q
           join stays o on o.site_id = q.site_id and o.plate = q.plate and o.entry_code = 'OPEN-SUBSCRIPTION' and o.state <> 'voided'
               and o.entered_at >= date_trunc('month', $7::timestamptz at time zone si.time_zone) at time zone si.time_zone
               and o.entered_at >= q.added_at and (q.removed_at is null or o.entered_at < q.removed_at)
           where q.site_id = s.site_id and q.subscription_id = s.id
       ) end as used
from subscriptions s
join sites si on si.id = s.site_id
left join plans pl on pl.site_id = s.site_id and pl.id = s.plan_id
left join access_settings a on a.site_id = s.site_id
where s.site_id = any ($1)
  and ($2::text is null or $2 = any (array[
        case
            when s.ended_at <= $7 or s.valid_until <= $7 then 'ended'
            when s.valid_from > $7 then 'planned'
            when s.paused_from <= $7 and (s.paused_until is null or s.paused_until > $7) then 'paused'
            else 'active' end,
        case when (s.ended_at is null or s.ended_at > $7) and least(s.valid_until, s.ended_at) > $7
              and least(s.valid_until, s.ended_at) <= $7::timestamptz + coalesce(a.notice_days, 14) * interval '1 day' then 'ending' end]))
  and ($3::text is null or s.holder ilike '%' || $4 || '%' or s.contact_email ilike '%' || $4 || '%' or s.contact_phone ilike '%' || $4 || '%'
       or exists (select from subscription_plates p where p.site_id = s.site_id and p.subscription_id = s.id
                  and p.removed_at is null and twin_key(p.plate) like '%' || twin_key($3) || '%'))
  and ($5::uuid is null or s.id < $5)
  and ($6::uuid is null or s.id = $6)
  and ($8::uuid is null or s.plan_id = $8)
order by s.id desc
limit $9
