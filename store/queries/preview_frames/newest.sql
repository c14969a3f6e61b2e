select command_id, taken_at, jpeg from preview_frames where site_id = $1 and lane_id = $2 and taken_at > $3
