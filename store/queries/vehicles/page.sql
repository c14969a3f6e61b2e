select v.site_id, v.id, v.plate, v.plate_typed, v.country, v.vehicle_type, v.contact_name, v.phone, v.owner, v.notes, v.version,
       v.created_at, v.changed_at
from vehicles v
where v.site_id = $1
  and ($2::text is null or v.country = $2)
  and ($3::text is null or v.vehicle_type = $3)
  and ($4::text is null or v.plate > $4)
order by v.plate
limit $5
