insert into stays (
    site_id, id, plate, state, vehicle_type, entry_lane_id, entry_arrival_id, entered_at, entry_code,
    entry_evidence, exit_lane_id, exit_arrival_id, exited_at, exit_code, exit_evidence, tariff_id,
    currency, charged_minor, note
)
select w.site_id, w.id, w.plate, w.state,
       -- What the lane says; else what is known of the vehicle, for its rates.
       coalesce(w.vehicle_type, (select v.vehicle_type from vehicles v where v.site_id = w.site_id and v.plate = w.plate)),
       w.entry_lane_id, w.entry_arrival_id, w.entered_at, w.entry_code, w.entry_evidence, w.exit_lane_id, w.exit_arrival_id,
       w.exited_at, w.exit_code, w.exit_evidence, w.tariff_id, w.currency, w.charged_minor, w.note
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[],
    $8::timestamptz[], $9::text[], $10::bytea[], $11::uuid[], $12::uuid[], $13::timestamptz[],
    $14::text[], $15::bytea[], $16::uuid[], $17::text[], $18::bigint[], $19::text[]
) as w (
    site_id, id, plate, state, vehicle_type, entry_lane_id, entry_arrival_id, entered_at, entry_code,
    entry_evidence, exit_lane_id, exit_arrival_id, exited_at, exit_code, exit_evidence, tariff_id,
    currency, charged_minor, note
)
on conflict (site_id, id) do update set
    plate = excluded.plate,
    state = excluded.state,
    vehicle_type = excluded.vehicle_type,
    entry_lane_id = excluded.entry_lane_id,
    entry_arrival_id = excluded.entry_arrival_id,
    entered_at = excluded.entered_at,
    entry_code = excluded.entry_code,
    entry_evidence = excluded.entry_evidence,
    exit_lane_id = excluded.exit_lane_id,
    exit_arrival_id = excluded.exit_arrival_id,
    exited_at = excluded.exited_at,
    exit_code = excluded.exit_code,
    exit_evidence = excluded.exit_evidence,
    tariff_id = excluded.tariff_id,
    charged_minor = excluded.charged_minor,
    note = excluded.note
