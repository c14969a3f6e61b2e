select pg_notify('boomgate_commands', $1)
