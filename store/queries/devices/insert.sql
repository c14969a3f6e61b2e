insert into devices (site_id, id, lane_id, code, signing_key, certificate_sha256, certificate_until) values ($1, $2, $3, $4, $5, $6, $7)
