update commands c set state = w.state, result_code = w.code, ended_at = w.at, next_send_at = null
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) as w (site_id, id, state, code, at)
where c.site_id = w.site_id and c.id = w.id and c.state in ('pending', 'wished', 'sent')
