select d.site_id, d.id, d.lane_id, d.code, d.signing_key, d.certificate_sha256, d.certificate_until,
       d.previous_certificate_sha256, d.previous_certificate_until, d.revoked_at, s.code as site_code, l.code as lane_code, l.direction
from devices d join sites s on s.id = d.site_id join lanes l on l.site_id = d.site_id and l.id = d.lane_id
where d.site_id = $1 and d.revoked_at is null
order by l.code
