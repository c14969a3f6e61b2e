select s.live_no as last_no, coalesce((select min(f.no) from live_feed f where f.site_id = s.site_id), s.live_no + 1) as first_no
from site_state s where s.site_id = $1
