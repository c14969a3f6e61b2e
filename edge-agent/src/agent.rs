//! Builds one lane from its configuration and runs it until shutdown.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use boomgate_domain::ids::ArrivalId;
use boomgate_domain::lane::command::Addressee;
use boomgate_domain::lane::{Lane, LaneEvent};
use boomgate_domain::lane_mode::LaneMode;
use boomgate_plate_reader::reading_settings::ReadingSettings;
use boomgate_plate_reader::recogniser::Recogniser;
use boomgate_schemas::bytes::{Epoch, Octets};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::up::{Boom, ReportedMode};
use rand::Rng;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tracing::info;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::Config;
use crate::eventloop::{EventLoop, Inbox, PartEnded, Parts, Settings};
use crate::evidence::EvidenceStore;
use crate::hardware::Hardware;
use crate::preview;
use crate::private_files;
use crate::sampling::Sampler;
use crate::spool::store::Start;
use crate::spool::{Outlets, Spool};
use crate::uplink::certificate::Expiry;
use crate::uplink::keys;
use crate::uplink::{Identity, LaneSnapshot, Uplink, UplinkChannels};
use crate::vision::Vision;

/// Events that may wait between two tasks; what does not fit is found again in the spool.
const QUEUE: usize = 256;
const PARENT_CHECK: Duration = Duration::from_millis(500);

/// Runs a lane until a signal, its control socket or its parent ends it, or one of its parts has ended.
pub async fn run(config: Config, exit_with_parent: bool) -> Result<()> {
    private_files::make_private();
    private_files::tighten(&config);
    let clock = Clock::start(config.time_scale);
    let tls = keys::tls_config(&config.server)?;
    let signing = keys::signing_key(&config.server.sign_key)?;
    let recogniser = recogniser(&config)?;
    let (live, fresh) = mpsc::channel(QUEUE);
    let (health, spool_health) = mpsc::unbounded_channel();
    // Before wires, camera and sockets: another agent in this folder must not be disturbed.
    let (spool, start, worker) =
        Spool::start(&config.spool, config.max_events, &clock, Outlets { live, health })
            .with_context(|| format!("the spool {} cannot be used", config.spool.display()))?;
    let hardware = Hardware::new(&config, &clock);
    let epoch = Octets(rand::rng().random());
    info!(boot = start.boot, next_seq = start.next_seq, backlog = start.backlog, "the lane starts");

    let evidence_store = EvidenceStore::open(&config.evidence, config.max_evidence_bytes);
    let (vision_events, vision_inbox) = mpsc::channel(QUEUE);
    let reading_settings = ReadingSettings {
        grammar: config.reader.grammar.clone(),
        thresholds: config.reader.thresholds.clone(),
    };
    let (frames, frames_taken) = mpsc::channel(1);
    let camera = hardware.camera(&config)?;
    let vision = Vision::start(camera, recogniser, reading_settings, vision_events, frames)?;
    let (lane_snapshot, lane_seen) = watch::channel(lane_snapshot(&start));
    let (uplink_events, uplink_inbox) = mpsc::channel(QUEUE);
    let (wakes, wakes_inbox) = mpsc::channel(QUEUE);

    let identity = identity(&config, signing, epoch);
    let ends = UplinkChannels { spool: spool.clone(), lane: lane_seen, live: fresh, uplink_events };
    let uplink = tokio::spawn(Uplink::new(&config, Arc::clone(&tls), identity, clock.clone(), ends).run());
    let https = config.server.https.clone();
    let preview = tokio::spawn(preview::send_all(frames_taken, Arc::clone(&tls), https.clone()));
    let mut evidence = tokio::spawn(evidence_store.clone().send_all(tls, https));
    let stop_requested = ending(&config, &hardware, exit_with_parent)?;

    let wires = hardware.wires(&config)?;
    let (sampler, samples) = Sampler::start(wires.inputs, clock.clone(), sample_every(&config))?;
    let parts = Parts {
        lane: lane(&config, &clock, start.mode.mode),
        relays: wires.relays,
        under_boom: sampler.under_boom(),
        settings: settings(&config, epoch, &clock),
        clock,
        spool: spool.clone(),
        vision,
        evidence_store,
        commands: start.commands,
        mode: start.mode,
        lane_snapshot,
        wakes,
        observer: hardware.observer(),
    };
    let inbox = Inbox {
        samples,
        wakes: wakes_inbox,
        uplink_events: uplink_inbox,
        vision_events: vision_inbox,
        health: spool_health,
    };
    let ending = async {
        tokio::select! {
            () = stop_requested => Ok(()),
            _ = &mut evidence => Err(PartEnded("sending of evidence")),
        }
    };
    let outcome = EventLoop::new(parts).run(inbox, ending).await;

    uplink.abort();
    evidence.abort();
    preview.abort();
    spool.end();
    drop(sampler);
    tokio::task::spawn_blocking(move || worker.join()).await.ok();
    if let Some(socket) = &config.control {
        let _ = std::fs::remove_file(socket);
    }
    info!("the lane has ended");
    Ok(outcome?)
}

/// The lane's machine; it knows its mode before anything happens, and moves nothing for it yet (S4).
fn lane(config: &Config, clock: &Clock, mode: LaneMode) -> Lane {
    let now = clock.lane_now();
    let mut lane = Lane::new(config.machine.clone(), now);
    lane.handle(LaneEvent::Mode(mode), now, &mut || ArrivalId::from_uuid(Uuid::now_v7()));
    lane
}

/// The first snapshot for hellos.
fn lane_snapshot(start: &Start) -> LaneSnapshot {
    LaneSnapshot {
        boom: Boom::Unknown,
        mode: "starting".into(),
        command_counter: start.commands.counter(),
        list_version: start.list_version,
        faults: Vec::new(),
        view: None,
        lane_mode: ReportedMode { version: start.mode.version, mode: start.mode.mode.as_str().into() },
        loops: None,
    }
}

fn identity(config: &Config, signing: ed25519_dalek::SigningKey, epoch: Epoch) -> Identity {
    Identity {
        device: config.device.clone(),
        topic: Topic::new(config.site.clone(), config.lane.clone(), Leaf::Up),
        signing,
        server: config.server.public_key,
        epoch,
    }
}

/// How often the wires are looked at. Lane time runs faster in a simulation, and so must the samples.
fn sample_every(config: &Config) -> Duration {
    Duration::from_secs_f64((0.010 / config.time_scale).max(0.002))
}

fn settings(config: &Config, epoch: Epoch, clock: &Clock) -> Settings {
    Settings {
        direction: config.direction,
        addressee: Addressee { site: config.site.clone(), lane: config.lane.clone() },
        epoch,
        offline: config.offline,
        time_zone: config.time_zone.clone(),
        language: config.language,
        // Keys that cannot be read have been named before.
        expiry: Expiry::of(&config.server).ok(),
        stale_after: clock.real(config.machine.safety.stale_ms),
    }
}

/// The plate reader as configured; the models shipped with the program unless others are named.
pub fn recogniser(config: &Config) -> Result<Recogniser> {
    Ok(Recogniser::load(&config.reader.models, &config.reader.grammar)?)
}

/// Done when the lane is to end: a signal, `quit` at the control socket, or the parent's death if that was asked for.
fn ending(
    config: &Config,
    hardware: &Hardware,
    exit_with_parent: bool,
) -> Result<impl Future<Output = ()> + use<>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (quit, mut quits) = mpsc::channel::<()>(1);
    let socket = hardware.control(config, quit)?;
    Ok(async move {
        let served = async {
            match socket {
                Some(socket) => socket.await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => info!("stopping: SIGTERM"),
            _ = interrupt.recv() => info!("stopping: SIGINT"),
            Some(()) = quits.recv() => info!("stopping: quit at the control socket"),
            () = parent_gone(), if exit_with_parent => info!("stopping: the parent process ended"),
            () = served => {}
        }
    })
}

/// A process whose parent ends gets another one. Polled: a signal at the parent's death is tied to one of its threads.
async fn parent_gone() {
    let parent = std::os::unix::process::parent_id();
    let mut checks = tokio::time::interval(PARENT_CHECK);
    while std::os::unix::process::parent_id() == parent {
        checks.tick().await;
    }
}
