insert into lane_watch (since, last) values (now(), now())
on conflict (only_one) do update
set since = case when lane_watch.last < now() - $1::bigint * interval '1 ms' then now() else lane_watch.since end, last = now()
returning extract(epoch from now() - since)::bigint as seconds
