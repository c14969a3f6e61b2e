update devices set previous_certificate_sha256 = null, previous_certificate_until = null
where site_id = $1 and id = $2 and previous_certificate_sha256 is not null
