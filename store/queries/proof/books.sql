select (select coalesce(sum(p.amount_minor), 0)::bigint from postings p where p.site_id = $1) as sum,
       (select count(*) from (select p.entry_id from postings p where p.site_id = $1 group by p.entry_id, p.currency
            having sum(p.amount_minor) <> 0) crooked) as crooked,
       (select count(*) from payments p where p.site_id = $1) as payments,
       (select coalesce(sum(p.amount_minor), 0)::bigint from payments p where p.site_id = $1) as paid,
       (select coalesce(sum(p.amount_minor), 0)::bigint from postings p join accounts a on a.site_id = p.site_id and a.id = p.account_id
        where p.site_id = $1 and a.kind = 'asset') as received
