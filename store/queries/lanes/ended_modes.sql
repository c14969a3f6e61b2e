select site_id, id as lane_id, mode from lanes where mode_until <= now() order by site_id, id
