select pg_notify('boomgate_live', site::text) from unnest($1::uuid[]) as site
