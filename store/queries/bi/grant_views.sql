grant select on bi.sites, bi.lanes, bi.stays, bi.payments, bi.decisions, bi.alarms to READER
