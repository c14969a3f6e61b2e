delete from preview_frames where taken_at < now() - $1::bigint * interval '1 millisecond'
