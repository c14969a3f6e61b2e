select f.site_id, f.no, f.at, f.kind, f.lane_id,
       case when s.plate is null then f.body else f.body || jsonb_build_object('plate', s.plate) end as body
from live_feed f
left join stays s on f.kind = 'passage' and s.site_id = f.site_id and s.id = (f.body ->> 'stay')::uuid
where f.site_id = $1 and f.no > $2
order by f.no
limit $3
