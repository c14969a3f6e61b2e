select a.id, a.at, a.actor_kind, a.actor_id, coalesce(u.name, k.name, d.code, '') as actor_name, a.action, a.detail,
       coalesce(su.name, sk.name, sd.code, '') as subject_name, a.lane_id, a.arrival_id, a.stay_id, a.command_id, a.no
from audit a
left join users u on a.actor_kind = 'user' and u.id = a.actor_id
left join api_keys k on a.actor_kind = 'key' and k.id = a.actor_id
left join devices d on a.actor_kind = 'device' and d.site_id = a.site_id and d.id = a.actor_id
left join users su on su.id = case when a.action like 'user.%' or a.action = 'setup.done' then (a.detail->>'user')::uuid end
left join api_keys sk on sk.id = case when a.action like 'key.%' then (a.detail->>'key')::uuid end
left join devices sd on sd.site_id = a.site_id and sd.id = case
  when a.action in ('events.missing', 'device.store_behind', 'device.clock', 'device.floods', 'device.twin')
  then (a.detail->>'device')::uuid end
where a.site_id = $1
  and ($2::text is null or a.action = $2)
  and ($3::uuid is null or a.actor_id = $3)
  and ($4::uuid is null or a.stay_id = $4)
  and ($5::timestamptz is null or a.at >= $5)
  and ($6::timestamptz is null or a.at < $6)
  and ($7::timestamptz is null or (a.at, a.id) < ($7, $8))
order by a.at desc, a.id desc
limit $9
