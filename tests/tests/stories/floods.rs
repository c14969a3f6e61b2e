//! One hostile device beside real cars: its neighbours are decided by the server, nothing that was acknowledged is
//! lost, and the memory comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::{EventBody, Fault};
use boomgate_tests::client::{Device, boom_closed, now_ms};
use boomgate_tests::figures::show;
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;

const CARS: usize = 4;

/// Large duplicates, hellos, forgeries and holes, as fast as the listener takes them, until `done`.
async fn flood(device: Arc<Device>, messages: Vec<Vec<u8>>, done: Arc<AtomicBool>) -> u64 {
    let hello = device.sealed_hello();
    let mut sent = 0;
    while !done.load(Ordering::Relaxed) && device.why_ended().is_none() {
        for message in &messages {
            device.publish_raw(Leaf::Up, message.clone()).await;
            device.publish_raw(Leaf::Hello, hello.clone()).await;
            device.publish_raw(Leaf::Up, vec![7; 100]).await;
            sent += 3;
        }
        tokio::task::yield_now().await;
    }
    sent
}

/// A message and the last number in it.
type Numbered = (u64, Vec<u8>);

/// A message of the largest size, and single events with holes between them.
fn ammunition(device: &Device) -> (Vec<Vec<u8>>, Vec<Numbered>) {
    let wide =
        |_| EventBody::Fault(Fault { code: "F".repeat(800), params: Default::default(), raised: true });
    let large = device.seal((0..64).map(|number| device.event(now_ms(), wide(number))).collect());
    let single = |_| {
        let event = device.event(now_ms(), boom_closed());
        (event.seq, device.seal(vec![event]))
    };
    let singles: Vec<Numbered> = (0..120).map(single).collect();
    let holes = singles.iter().filter(|(seq, _)| seq % 2 == 0).map(|(_, bytes)| bytes.clone());
    (
        std::iter::once(large.clone()).chain(holes).collect(),
        [(64, large)].into_iter().chain(singles).collect(),
    )
}

/// A device that was cut off is kept out and never says the rest of what it announced: the verdict must not wait for
/// that. Whether all that is kept of it is stored, once and without holes, is judged as for any other.
async fn expect_no_more_of(site: &Site, device: &str) {
    let said_what_is_kept = "update device_state ds \
        set hello = jsonb_set(ds.hello, '{next_seq}', to_jsonb(ds.kept_upto + 1)) \
        from devices d where d.site_id = ds.site_id and d.id = ds.device_id and ds.site_id = $1 and d.code = $2";
    let client = site.pool().get().await.unwrap();
    let changed = client.execute(said_what_is_kept, &[&site.id().as_uuid(), &device]).await.unwrap();
    assert_eq!(changed, 1, "{device} was heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_device_at_full_malice_pushed_its_neighbours_to_local_decisions() {
    let site = Site::open(Plan { lanes: 4, ..Plan::default() }).await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    let device = Arc::new(Device::connect(&site, "in-2").await);
    let plates: Vec<String> = (2..2 + CARS).map(|number| format!("BA{number}45XY")).collect();
    for plate in &plates {
        site.subscribe(plate).await;
    }
    entry.car("before", "BA678XY");
    site.journal.passed("in-1", "before").await;
    let quiet = site.server_kib();

    let (flooding, honest) = ammunition(&device);
    let done = Arc::new(AtomicBool::new(false));
    let flood = tokio::spawn(flood(Arc::clone(&device), flooding, Arc::clone(&done)));
    for (car, plate) in plates.iter().enumerate() {
        let name = format!("car-{car}");
        entry.car(&name, plate);
        site.journal.passed("in-1", &name).await;
        assert!(!site.journal.decision("in-1", &name).await.local, "{name} was decided by the lane alone");
    }
    let loud = site.server_kib();
    done.store(true, Ordering::Relaxed);
    let sent = flood.await.unwrap();
    show(format_args!("{sent} messages of malice; server {quiet} KiB when quiet, {loud} KiB in the flood"));
    assert!(sent > 1000, "only {sent} messages");

    // Its own honest events are taken unless it is cut off; either way what is acknowledged is stored.
    if device.why_ended().is_none() {
        wait::until("its honest events are kept", async || {
            let acked = device.acked();
            for (_, message) in honest.iter().filter(|(seq, _)| *seq > acked).take(32) {
                device.send(message.clone()).await;
            }
            wait::at_most(Duration::from_millis(700), async || (device.acked() > acked).then_some(())).await;
            (device.acked() >= device.last_seq() || device.why_ended().is_some()).then_some(())
        })
        .await;
    }
    let cut_off = device.why_ended();
    show(format_args!(
        "{} of {} events acknowledged; cut off: {cut_off:?}",
        device.acked(),
        device.last_seq()
    ));
    if cut_off.is_none() {
        device.send_hello().await;
    }
    let acked = device.acked();
    let stored = format!(
        "select count(distinct e.seq) from events e join devices d on d.id = e.device_id \
         where e.site_id = $1 and d.code = 'demo-in-2' and e.seq <= {acked}"
    );
    assert_eq!(site.number(&stored).await, i64::try_from(acked).unwrap(), "acknowledged, but not stored");
    let twice = "select count(*) - count(distinct e.seq) from events e join devices d on d.id = e.device_id \
                 where e.site_id = $1 and d.code = 'demo-in-2'";
    assert_eq!(site.number(twice).await, 0);

    for (car, plate) in plates.iter().enumerate() {
        let name = format!("car-{car}");
        exit.car(&name, plate);
        site.journal.passed("out-1", &name).await;
    }
    let limit = quiet + quiet / 5;
    let now =
        wait::at_most(Duration::from_secs(20), async || (site.server_kib() <= limit).then_some(())).await;
    let after = site.server_kib();
    show(format_args!("server {after} KiB afterwards"));
    assert!(now.is_some(), "{quiet} KiB before, {loud} in the flood, {after} after it");
    if cut_off.is_some() {
        expect_no_more_of(&site, "demo-in-2").await;
    }
    site.end([entry, exit]).await;
}
