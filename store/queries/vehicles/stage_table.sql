create temporary table staged_vehicles (
    line         integer not null,
    id           uuid not null,
    plate        text not null,
    plate_typed  text not null,
    country      text,
    vehicle_type text,
    contact_name text not null,
    phone        text not null,
    owner        text not null,
    notes        text not null,
    people_key   text not null
) on commit drop
