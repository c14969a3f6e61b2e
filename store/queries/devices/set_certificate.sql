update devices set certificate_sha256 = $3, certificate_until = $4 where site_id = $1 and id = $2
