update site_state s set inside = w.inside, live_no = w.live_no
from unnest($1::uuid[], $2::integer[], $3::bigint[]) as w (site_id, inside, live_no)
where s.site_id = w.site_id
