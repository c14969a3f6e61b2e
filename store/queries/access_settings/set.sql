with passback as (
    update sites set passback = $6 where id = $1
)
insert into access_settings (site_id, overstay_hours, outside_terms, notice_days, countries) values ($1, $2, $3, $4, $5)
on conflict (site_id) do update set overstay_hours = excluded.overstay_hours, outside_terms = excluded.outside_terms,
    notice_days = excluded.notice_days, countries = excluded.countries
