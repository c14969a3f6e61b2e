select coalesce(sum(audit_seal(id, $1)), 0)::bigint as sealed from sites
