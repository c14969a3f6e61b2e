insert into preview_frames (site_id, lane_id, command_id, taken_at, jpeg) values ($1, $2, $3, $4, $5)
on conflict (site_id, lane_id) do update set
    command_id = excluded.command_id, taken_at = excluded.taken_at, jpeg = excluded.jpeg
