select d.kept_upto, d.epoch, d.boot, d.spool, d.events_boot, d.before_boot,
       greatest(d.kept_upto, coalesce((
           select max(i.last_seq) from inbox i where i.site_id = d.site_id and i.device_id = d.device_id
       ), 0)) as highest
from device_state d where d.site_id = $1 and d.device_id = $2
for update of d
