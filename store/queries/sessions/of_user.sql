select id, kind, created_at, last_seen, expires_at, stepped_up_at, address, agent
from sessions
where user_id = $1 and expires_at > $2
order by last_seen desc, id
