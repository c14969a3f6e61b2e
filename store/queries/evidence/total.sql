select coalesce(sum(size_bytes), 0)::bigint as bytes,
       coalesce(min(stored_at) < now() - $1::bigint * interval '1 millisecond', false) as too_old
from evidence where stored_at is not null
