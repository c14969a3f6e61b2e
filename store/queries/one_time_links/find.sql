select l.kind, l.user_id, l.expires_at
from one_time_links l
where l.token_hash = $1 and l.expires_at > $2
