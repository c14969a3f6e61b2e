select code, count(*) as times from decisions where site_id = $1 and not superseded group by code order by code
