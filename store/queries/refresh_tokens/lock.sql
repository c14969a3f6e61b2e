select session_id, used_at, expires_at
from refresh_tokens
where token_hash = $1
for update
