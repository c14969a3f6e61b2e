select pg_notify('boomgate_devices', $1)
