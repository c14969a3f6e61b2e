-- A device's former certificate, good for a while after it was renewed: the new one has to be carried to the lane first.
alter table devices
    add column previous_certificate_sha256 bytea,
    add column previous_certificate_until timestamptz;
