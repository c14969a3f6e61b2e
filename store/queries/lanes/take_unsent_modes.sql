update lanes l set mode_unsent = false
from sites s
where l.mode_unsent and s.id = l.site_id
returning s.code as site_code, l.code as lane_code, l.mode, l.mode_version, l.mode_until
