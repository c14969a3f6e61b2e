select coalesce(a.overstay_hours, 24) as overstay_hours, coalesce(a.outside_terms, 'visitor') as outside_terms,
       coalesce(a.notice_days, 14) as notice_days, coalesce(a.countries, '{}') as countries, s.passback
from sites s
left join access_settings a on a.site_id = s.id
where s.id = $1
