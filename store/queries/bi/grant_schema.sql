grant usage on schema bi to READER
