-- A person at an exit says which of the cars inside stands there: from then on the reading decides nothing any more.
alter table arrivals add column paired_at timestamptz;

-- How well the camera of each lane read, by the hour. Says nothing about any single car.
create table reading_counts (
    site_id     uuid not null,
    lane_id     uuid not null,
    hour        timestamptz not null,
    -- Read for sure, and nobody said otherwise.
    read_right  integer not null default 0 check (read_right >= 0),
    -- A person said that it is another plate.
    corrected   integer not null default 0 check (corrected >= 0),
    -- Not read, or not for sure.
    missed      integer not null default 0 check (missed >= 0),
    primary key (site_id, lane_id, hour),
    foreign key (site_id, lane_id) references lanes (site_id, id)
);

-- The newest picture of a lane that somebody asked to see: shown while it is new, and never kept. Not logged, so it is in no
-- backup and gone after a crash.
create unlogged table preview_frames (
    site_id     uuid not null,
    lane_id     uuid not null,
    -- By which it was asked for.
    command_id  uuid not null,
    taken_at    timestamptz not null,
    jpeg        bytea not null check (length(jpeg) between 1 and 262144),
    primary key (site_id, lane_id)
);
