//! The schema: every statement can be prepared, and what must always hold is held.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use boomgate_domain::ids::CommandId;
use boomgate_store::commands::{self, CommandState, DueLane, Sent, Settled};
use boomgate_store::testing::TestDatabase;

fn statements(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(statements(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let database = TestDatabase::new().await;
    let client = database.pool.get().await.unwrap();
    let paths = statements(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/queries")));
    assert!(paths.len() > 10, "only {} statements found", paths.len());
    let mut refused = Vec::new();
    // Some read what an import has staged.
    let staged = include_str!("../queries/vehicles/stage_table.sql").replace("on commit drop", "");
    client.batch_execute(&staged).await.unwrap();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        if let Err(error) = client.prepare(&text).await {
            let reason = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
            refused.push(format!("{}: {reason}", path.display()));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

mod seed {
    use boomgate_domain::direction::Direction;
    use boomgate_domain::ids::{DeviceId, LaneId, SiteId, TenantId};
    use boomgate_store::testing::rows;
    use boomgate_store::{Pool, devices, lanes, sites};
    use uuid::Uuid;

    pub struct Place {
        pub site: SiteId,
        pub lane: LaneId,
        pub device: DeviceId,
    }

    pub async fn place(pool: &Pool) -> Place {
        let client = pool.get().await.unwrap();
        let (tenant, site) = (TenantId::from_uuid(Uuid::now_v7()), SiteId::from_uuid(Uuid::now_v7()));
        sites::insert_tenant(&client, tenant, "Test").await.unwrap();
        let code = format!("s-{}", site.as_uuid().simple());
        let new = sites::NewSite { capacity: Some(2), ..rows::site(tenant, site, &code) };
        sites::insert(&client, &new).await.unwrap();
        let lane = LaneId::from_uuid(Uuid::now_v7());
        lanes::insert(&client, &rows::lane(site, lane, "in-1", Direction::Entry)).await.unwrap();
        let device = DeviceId::from_uuid(Uuid::now_v7());
        let code = format!("d-{}", device.as_uuid().simple());
        let new = rows::device(site, device, lane, &code, [1; 32]);
        devices::insert(&client, &new).await.unwrap();
        Place { site, lane, device }
    }
}

/// Runs `statement` with `{site}`, `{lane}` and `{device}` filled in; the refusing constraint or message, if any.
async fn attempt(
    client: &boomgate_store::pool::Object,
    place: &seed::Place,
    statement: &str,
) -> Result<(), String> {
    let text = statement
        .replace("{site}", &format!("'{}'", place.site))
        .replace("{lane}", &format!("'{}'", place.lane))
        .replace("{device}", &format!("'{}'", place.device));
    client.batch_execute(&text).await.map_err(|error| {
        let refused = error.as_db_error().unwrap();
        refused.constraint().map_or_else(|| refused.message().to_owned(), str::to_owned)
    })
}

#[tokio::test]
async fn a_session_outlives_the_plans_it_began_with() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let site = place.site.as_uuid();
    let arrival = uuid::Uuid::now_v7();
    let now = jiff::Timestamp::now();
    let mut need = boomgate_store::batch::Need { now, sites: vec![site], ..Default::default() };
    need.lanes = vec![(site, place.lane.as_uuid())];
    need.devices = vec![(site, place.device.as_uuid())];
    need.arrivals = vec![(site, arrival)];
    need.plates = vec![(site, "BA123XY".into())];
    let limit = std::time::Duration::from_secs(5);
    let mut session = boomgate_store::batch::Session::open(&database.pool, limit).await.unwrap();
    let first = session.begin(&need).await.unwrap();
    session.rollback().await.unwrap();
    for _ in 0..40 {
        assert_eq!(session.begin(&need).await.unwrap(), first);
        session.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn what_must_always_hold_is_held_by_the_schema() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let client = database.pool.get().await.unwrap();
    let stay = |id: u32, plate: &str| {
        format!(
            "insert into stays (site_id, id, plate, state, entered_at, currency) \
             values ({{site}}, '00000000-0000-7000-8000-00000000000{id}', {plate}, 'open', now(), 'EUR')"
        )
    };
    attempt(&client, &place, &stay(1, "'W1'")).await.unwrap();
    let twice = attempt(&client, &place, &stay(2, "'W1'")).await;
    assert_eq!(twice, Err("stays_one_open_per_plate".into()));
    attempt(&client, &place, &stay(3, "null")).await.unwrap();
    attempt(&client, &place, &stay(4, "null")).await.unwrap();

    let second_device = "insert into devices (site_id, id, lane_id, code, signing_key) values \
        ({site}, gen_random_uuid(), {lane}, 'other', decode(repeat('00', 32), 'hex'))";
    assert_eq!(attempt(&client, &place, second_device).await, Err("devices_one_live_per_lane".into()));

    let nameless = "insert into commands (site_id, id, lane_id, action, code, wished_at, expires_at) values \
        ({site}, gen_random_uuid(), {lane}, 'open', 'OPEN-MANUAL', now(), now())";
    assert_eq!(attempt(&client, &place, nameless).await, Err("commands_check".into()));

    let sent = |counter: u32| {
        format!(
            "insert into commands (site_id, id, lane_id, arrival_id, action, code, state, counter, signed, wished_at, \
             expires_at) values ({{site}}, gen_random_uuid(), {{lane}}, gen_random_uuid(), 'open', 'OPEN-VISITOR', \
             'sent', {counter}, 'x', now(), now())"
        )
    };
    attempt(&client, &place, &sent(1)).await.unwrap();
    assert_eq!(attempt(&client, &place, &sent(2)).await, Err("commands_one_in_flight".into()));
    attempt(&client, &place, "update commands set state = 'done' where site_id = {site}").await.unwrap();
    assert_eq!(attempt(&client, &place, &sent(1)).await, Err("commands_counter_once".into()));
}

/// Before migration 14 a pending order was written as `wished`, and a server of that time may run beside this one.
#[tokio::test]
async fn a_pending_order_of_an_older_server_is_found_sent_and_ended_like_ours() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let client = database.pool.get().await.unwrap();
    let older = "insert into commands (site_id, id, lane_id, arrival_id, action, code, wished_at, expires_at) values \
        ({site}, gen_random_uuid(), {lane}, gen_random_uuid(), 'open', 'OPEN-VISITOR', now(), now() + interval '1 hour')";
    attempt(&client, &place, older).await.unwrap();
    let (site, lane) = (place.site.as_uuid(), place.lane.as_uuid());
    let now = jiff::Timestamp::now();
    let due = commands::due_lanes(&client, now).await.unwrap();
    assert_eq!(due, [DueLane { site_id: site, lane_id: lane }]);
    let pending = commands::of_lane(&client, site, lane).await.unwrap().remove(0);
    assert_eq!(pending.state, CommandState::Pending);

    let sent = Sent {
        counter: 1,
        epoch: vec![1; 16],
        not_after_ms: 1,
        device_id: place.device.as_uuid(),
        signed: vec![1],
        next_send_at: now,
    };
    commands::send(&client, site, lane, pending.id, &sent).await.unwrap();
    let order = commands::of_lane(&client, site, lane).await.unwrap().remove(0);
    assert_eq!(order.state, CommandState::Sent);

    attempt(&client, &place, older).await.unwrap();
    let second = commands::of_lane(&client, site, lane).await.unwrap().remove(1);
    let ended = Settled { site_id: site, id: second.id, state: CommandState::Expired, code: None, at: now };
    assert_eq!(commands::settle_many(&client, &[ended]).await.unwrap(), 1);
    let id = CommandId::from_uuid(second.id);
    let stored = commands::get(&client, place.site, id).await.unwrap().unwrap();
    assert_eq!(stored.state, CommandState::Expired);
}

#[tokio::test]
async fn the_ledger_takes_only_balanced_entries_and_keeps_them() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let client = database.pool.get().await.unwrap();
    let entry = |credit: i32| {
        format!(
            "begin; \
             insert into accounts (site_id, id, code, kind, currency) values \
               ({{site}}, '00000000-0000-7000-8000-0000000000a1', 'cash', 'asset', 'EUR'), \
               ({{site}}, '00000000-0000-7000-8000-0000000000a2', 'income', 'income', 'EUR') on conflict do nothing; \
             insert into ledger_entries (site_id, id, kind, recorded_at) values \
               ({{site}}, '00000000-0000-7000-8000-0000000000e1', 'payment', now()); \
             insert into postings (site_id, entry_id, line, account_id, amount_minor, currency) values \
               ({{site}}, '00000000-0000-7000-8000-0000000000e1', 1, '00000000-0000-7000-8000-0000000000a1', 500, 'EUR'), \
               ({{site}}, '00000000-0000-7000-8000-0000000000e1', 2, '00000000-0000-7000-8000-0000000000a2', {credit}, 'EUR'); \
             commit"
        )
    };
    let unbalanced = attempt(&client, &place, &entry(-400)).await.unwrap_err();
    assert!(unbalanced.contains("does not sum to zero"), "{unbalanced}");
    client.batch_execute("rollback").await.unwrap();
    let empty = "insert into ledger_entries (site_id, id, kind, recorded_at) values \
        ({site}, '00000000-0000-7000-8000-0000000000e9', 'payment', now())";
    let empty = attempt(&client, &place, empty).await.unwrap_err();
    assert!(empty.contains("has no postings"), "{empty}");
    attempt(&client, &place, &entry(-500)).await.unwrap();
    let tariff = "insert into tariffs (site_id, id, version, name, body) values ({site}, gen_random_uuid(), 1, 'day', '{}')";
    attempt(&client, &place, tariff).await.unwrap();
    for change in [
        "update postings set amount_minor = 1",
        "delete from ledger_entries",
        "update tariffs set name = 'x'",
    ] {
        let refused = attempt(&client, &place, change).await.unwrap_err();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
}

#[tokio::test]
async fn a_mark_moves_forward_and_for_one_writer_only() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let client = database.pool.get().await.unwrap();
    let keep = |kept: u32, before: u32| {
        format!(
            "update device_state set kept_upto = {kept}, kept_before = {before} where device_id = {{device}}"
        )
    };
    attempt(&client, &place, &keep(5, 0)).await.unwrap();
    assert!(attempt(&client, &place, &keep(6, 0)).await.unwrap_err().contains("another writer"));
    attempt(&client, &place, &keep(6, 5)).await.unwrap();
    assert!(attempt(&client, &place, &keep(3, 6)).await.unwrap_err().contains("go back"));
}

#[tokio::test]
async fn audit_rows_are_only_ever_sealed() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let client = database.pool.get().await.unwrap();
    let line = "insert into audit (site_id, id, at, actor_kind, action) values ({site}, gen_random_uuid(), now(), 'job', 'x')";
    attempt(&client, &place, line).await.unwrap();
    for change in ["update audit set action = 'y'", "delete from audit"] {
        assert!(attempt(&client, &place, change).await.is_err(), "{change}");
    }
    attempt(&client, &place, "update audit set no = 1, previous = 'a', hash = 'b'").await.unwrap();
    assert!(attempt(&client, &place, "update audit set no = 2").await.is_err());
}

#[tokio::test]
async fn events_go_into_the_partition_of_their_month() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let client = database.pool.get().await.unwrap();
    let event = |at: &str| {
        format!(
            "insert into events values ({{site}}, gen_random_uuid(), {{lane}}, {{device}}, 1, 1, 'fault', null, {at}, \
             'synced', 1, {at}, '{{}}')"
        )
    };
    attempt(&client, &place, &event("now()")).await.unwrap();
    attempt(&client, &place, &event("now() + interval '20 years'")).await.unwrap();
    let rest: i64 = client.query_one("select count(*) from only events_rest", &[]).await.unwrap().get(0);
    assert_eq!(rest, 1, "this month has a partition of its own");
    let again: i32 =
        client.query_one("select make_event_partitions(now()::date, 4)", &[]).await.unwrap().get(0);
    assert!(again <= 1, "existing partitions stay");
}

/// The shape of the fresh schema, table by table; a migration that changes it changes this file knowingly.
#[tokio::test]
async fn the_fresh_schema_is_the_one_on_record() {
    let database = TestDatabase::new().await;
    let client = database.pool.get().await.unwrap();
    let sql = "select c.table_name || '.' || c.column_name || ' ' || c.data_type \
               || case c.is_nullable when 'NO' then ' not null' else '' end \
               from information_schema.columns c where c.table_schema = 'public' \
               and c.table_name !~ '^(events_|refinery)' order by c.table_name, c.ordinal_position";
    let lines: Vec<String> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema.txt"));
    let found = lines.join("\n") + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(path, &found).unwrap();
    }
    assert!(
        found == fs::read_to_string(path).unwrap(),
        "schema differs from {}; UPDATE_SNAPSHOTS=1 rewrites it",
        path.display()
    );
}

#[tokio::test]
async fn an_inbox_of_129_000_rows_stayed_as_it_was_after_a_restart() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let client = database.pool.get().await.unwrap();
    let fill = "insert into inbox (site_id, device_id, seq, last_seq) \
                select {site}, {device}, n, n from generate_series(2, 258000, 2) n; \
                insert into inbox (site_id, device_id, seq, last_seq) values ({site}, {device}, 3, 3)";
    attempt(&client, &place, fill).await.unwrap();
    let migration = include_str!("../../migrations/sql/V0008__device_stores.sql");
    let begin = migration.find("create temporary table").unwrap();
    let end = migration.find("create index").unwrap();
    client.batch_execute(&format!("begin; {} commit", &migration[begin..end])).await.unwrap();
    let sql = "select count(*), min(seq), min(last_seq), max(last_seq) from inbox";
    let row = client.query_one(sql, &[]).await.unwrap();
    let kept: (i64, i64, i64, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
    assert_eq!(kept, (256, 2, 4, 514), "few, and merged where they touch");
    let until: i64 = client.query_one("select ids_until from device_state", &[]).await.unwrap().get(0);
    assert_eq!(until, 258_000, "what was forgotten is known by its id");
}

/// Twins of a plate are looked up for every car: by an index, also where nothing is known of the table but its size.
#[tokio::test]
async fn twins_of_a_plate_are_found_by_an_index() {
    let database = TestDatabase::new().await;
    let place = seed::place(&database.pool).await;
    let client = database.pool.get().await.unwrap();
    let fill = "insert into stays (site_id, id, plate, state, entered_at, currency) \
                select {site}, gen_random_uuid(), 'W' || n, 'open', now(), 'EUR' from generate_series(1, 3000) n; \
                insert into blocklist (site_id, id, plate, reason) \
                select {site}, gen_random_uuid(), 'W' || n, 'x' from generate_series(1, 3000) n; \
                insert into subscriptions (site_id, id, plate) \
                select {site}, gen_random_uuid(), 'W' || n from generate_series(1, 3000) n";
    attempt(&client, &place, fill).await.unwrap();
    let planning = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; \
                    set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan";
    client.batch_execute(planning).await.unwrap();
    for (index, types, statement) in [
        (
            "stays_open_by_twins",
            "uuid[], text[], uuid[], uuid[]",
            include_str!("../queries/stays/load_many.sql"),
        ),
        (
            "blocklist_by_twins",
            "uuid[], text[], timestamptz",
            include_str!("../queries/blocklist/match_many.sql"),
        ),
        (
            "subscription_plates_by_twins",
            "uuid[], text[], timestamptz",
            include_str!("../queries/subscriptions/match_many.sql"),
        ),
    ] {
        client.batch_execute(&format!("prepare {index} ({types}) as {statement}")).await.unwrap();
        let nulls = vec!["null"; types.split(',').count()].join(", ");
        let rows = client.query(&format!("explain execute {index} ({nulls})"), &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
}
