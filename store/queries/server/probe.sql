select current_setting('server_version_num')::integer as version_number,
       current_setting('server_version') as version,
       current_setting('synchronous_commit') as synchronous_commit,
       current_setting('fsync') as fsync
