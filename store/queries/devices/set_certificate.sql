update devices set previous_certificate_sha256 = certificate_sha256, previous_certificate_until = $5,
       certificate_sha256 = $3, certificate_until = $4
where site_id = $1 and id = $2
