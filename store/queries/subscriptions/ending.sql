select s.site_id, s.id, s.holder, s.contact_email, s.valid_until, si.name as site_name, si.time_zone, si.languages,
       s.noticed_end is distinct from s.valid_until as unnoticed, s.mailed_end is distinct from s.valid_until as unmailed
from subscriptions s
join sites si on si.id = s.site_id
left join access_settings a on a.site_id = s.site_id
where s.kind = 'subscription' and s.valid_until > now() and s.ended_at is null and coalesce(a.notice_days, 14) > 0
  and s.valid_until <= now() + coalesce(a.notice_days, 14) * interval '1 day'
  and (s.noticed_end is distinct from s.valid_until or (s.contact_email is not null and s.mailed_end is distinct from s.valid_until))
order by s.site_id, s.valid_until
limit $1
