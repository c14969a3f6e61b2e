update blocklist set reason = $3, valid_until = $4 where site_id = $1 and id = $2
