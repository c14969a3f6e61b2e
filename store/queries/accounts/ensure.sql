insert into accounts (site_id, id, code, kind, currency) values ($1, $2, $3, $4, $5)
on conflict (site_id, code, currency) do update set kind = accounts.kind
returning id
