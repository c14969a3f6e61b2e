update devices set certificate_until = $3 where site_id = $1 and id = $2 and certificate_until is null
