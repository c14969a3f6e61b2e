select a.code, a.kind, a.currency, coalesce(sum(p.amount_minor), 0)::bigint as balance_minor
from accounts a left join postings p on p.site_id = a.site_id and p.account_id = a.id
where a.site_id = $1
group by a.code, a.kind, a.currency order by a.code, a.currency
