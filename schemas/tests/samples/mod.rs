//! One message of each kind, with every optional field at least once.

use std::collections::BTreeMap;

use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::*;
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::strict::DecodeError;
use boomgate_schemas::up::*;
use ed25519_dalek::SigningKey;
use uuid::Uuid;

pub struct Sample {
    pub name: &'static str,
    /// Rule in messages.cddl.
    pub rule: &'static str,
    pub bytes: Vec<u8>,
    /// Decodes and encodes again.
    pub rewrite: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
}

pub fn all() -> Vec<Sample> {
    let mut samples = vec![
        up("up-arrival", EventBody::Arrival(arrival())),
        up(
            "up-arrival-unread",
            EventBody::Arrival(Arrival { reading: None, evidence: None, vehicle_type: None, ..arrival() }),
        ),
        up("up-decided", EventBody::Decided(decided())),
        up("up-passage", EventBody::Passage(passage(Some(id(2)), PassageKind::Passed))),
        up("up-tailgated", EventBody::Passage(passage(None, PassageKind::Tailgated))),
        up("up-wrong-way", EventBody::Passage(passage(None, PassageKind::WrongWay))),
        up("up-result", EventBody::Result(result())),
        up(
            "up-fault",
            EventBody::Fault(Fault {
                code: "FAULT-LOOP-STUCK".into(),
                params: params("loop", "arming"),
                raised: true,
            }),
        ),
        up(
            "up-boom",
            EventBody::Boom(BoomState { state: Boom::Opening, cause: format!("command:{}", id(3)) }),
        ),
        up("up-gap", EventBody::Gap(Gap { first: 3, last: 41, reason: "crash".into() })),
    ];
    samples.extend([
        Sample {
            name: "up-backlog",
            rule: "up",
            bytes: backlog().encode(),
            rewrite: |b| UpBatch::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "hello",
            rule: "hello",
            bytes: hello().encode(),
            rewrite: |b| Hello::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "hello-view",
            rule: "hello",
            bytes: Hello { view: Some(view()), ..hello() }.encode(),
            rewrite: |b| Hello::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "hello-spool",
            rule: "hello",
            bytes: Hello { spool: Some(Octets([6; 16])), ..hello() }.encode(),
            rewrite: |b| Hello::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "hello-mode",
            rule: "hello",
            bytes: Hello {
                lane_mode: Some(ReportedMode { version: 7, mode: "closed_to_all".into() }),
                ..hello()
            }
            .encode(),
            rewrite: |b| Hello::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "hello-loops",
            rule: "hello",
            bytes: Hello {
                loops: Some(LoopStates { arming: LoopState::Occupied, safety: LoopState::Unknown }),
                ..hello()
            }
            .encode(),
            rewrite: |b| Hello::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "up-renumbered",
            rule: "up",
            bytes: renumbered().encode(),
            rewrite: |b| UpBatch::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "ack-above",
            rule: "ack",
            bytes: Ack { upto: 3, rejected: vec![], above: Some(41), ..ack() }.encode(),
            rewrite: |b| Ack::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "ack-wanted",
            rule: "ack",
            bytes: Ack { upto: 0, rejected: vec![], echo: None, wanted: Some(wanted()), ..ack() }.encode(),
            rewrite: |b| Ack::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "ack",
            rule: "ack",
            bytes: ack().encode(),
            rewrite: |b| Ack::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "command-open",
            rule: "command",
            bytes: open().encode(),
            rewrite: |b| Command::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "command-charge",
            rule: "command",
            bytes: charge().encode(),
            rewrite: |b| Command::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "command-hold",
            rule: "command",
            bytes: hold().encode(),
            rewrite: |b| Command::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "sync",
            rule: "sync",
            bytes: SyncRequest { have: 7 }.encode(),
            rewrite: |b| SyncRequest::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "list",
            rule: "list",
            bytes: list().encode(),
            rewrite: |b| SyncPart::decode(b).map(|m| m.encode()),
        },
        Sample {
            name: "list-terms",
            rule: "list",
            bytes: list_terms().encode(),
            rewrite: |b| SyncPart::decode(b).map(|m| m.encode()),
        },
        Sample { name: "envelope-up", rule: "envelope", bytes: sealed(), rewrite: |b| Ok(b.to_vec()) },
    ]);
    samples
}

fn up(name: &'static str, body: EventBody) -> Sample {
    let batch = UpBatch { events: vec![event(42, body)] };
    Sample { name, rule: "up", bytes: batch.encode(), rewrite: |b| UpBatch::decode(b).map(|m| m.encode()) }
}

fn event(seq: u64, body: EventBody) -> Event {
    Event {
        seq,
        boot: 3,
        id: id(1),
        at_ms: 1_795_000_000_123,
        clock: ClockState::Synced,
        uptime_ms: 86_400_000,
        body,
        was: None,
    }
}

fn id(last: u8) -> Uuid {
    Uuid::from_bytes([1, 0x93, 0x5e, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, last])
}

fn params(name: &str, value: &str) -> Params {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

fn arrival() -> Arrival {
    let reading = Reading {
        plate: "BA123AB".into(),
        raw: "8A123AB".into(),
        series: Some("sk-car".into()),
        chars: vec![712, 998, 1000, 991, 1000, 987, 954],
        margin: 650,
        frames: 4,
        verdict: Verdict::Accept,
        candidates: vec!["BA128AB".into()],
    };
    Arrival {
        arrival: id(2),
        direction: Direction::Entry,
        reading: Some(reading),
        evidence: Some(Octets([0xab; 32])),
        vehicle_type: Some("car".into()),
    }
}

fn decided() -> Decided {
    Decided {
        arrival: id(2),
        outcome: Outcome::Deny,
        code: "DENY-BLOCKLISTED".into(),
        params: params("list", "north"),
    }
}

fn passage(arrival: Option<Uuid>, kind: PassageKind) -> Passage {
    Passage { arrival, direction: Direction::Exit, kind }
}

fn result() -> CommandResult {
    CommandResult {
        command: id(3),
        counter: 17,
        result: Answer::Refused,
        code: Some("COMMAND-EXPIRED".into()),
        params: params("late_ms", "1200"),
    }
}

fn backlog() -> UpBatch {
    let bodies = (0u8..5).map(|_| EventBody::Passage(passage(Some(id(2)), PassageKind::BackedOut)));
    UpBatch { events: (100u64..).zip(bodies).map(|(seq, body)| event(seq, body)).collect() }
}

fn renumbered() -> UpBatch {
    let body = || EventBody::Passage(passage(Some(id(2)), PassageKind::Passed));
    UpBatch { events: (42..44).map(|seq| Event { was: Some(seq - 38), ..event(seq, body()) }).collect() }
}

fn hello() -> Hello {
    Hello {
        device: "pi-0042".into(),
        epoch: Octets([9; 16]),
        boot: 3,
        uptime_ms: 60_000,
        wall_ms: 1_795_000_000_000,
        clock: ClockState::Unsynced,
        version: "0.1.0".into(),
        next_seq: 43,
        acked_seq: 41,
        backlog: 1,
        command_counter: 17,
        boom: Boom::Closed,
        mode: "normal".into(),
        list_version: 7,
        rtt_ms: Some(12),
        faults: vec!["FAULT-CAMERA".into()],
        view: None,
        spool: None,
        lane_mode: None,
        loops: None,
    }
}

fn view() -> View {
    View { score: 62, advice: "plate 15 px high, want 24: move closer or zoom".into(), plates: 875 }
}

fn wanted() -> WantedMode {
    WantedMode { version: 8, mode: "free_flow".into(), until_ms: Some(1_795_000_600_000) }
}

fn ack() -> Ack {
    let rejected = vec![Rejected { seq: 40, code: "EVENT-UNREADABLE".into() }];
    Ack { upto: 42, rejected, echo: Some(60_000), now_ms: 1_795_000_000_456, above: None, wanted: None }
}

fn open() -> Command {
    Command {
        id: id(3),
        device: "pi-0042".into(),
        arrival: Some(id(2)),
        action: Action::Open,
        code: "OPEN-SUBSCRIPTION".into(),
        params: Params::new(),
        amount: None,
        pay_url: None,
        by: None,
        reason: None,
        counter: 18,
        epoch: Octets([9; 16]),
        not_after_ms: 70_000,
    }
}

fn charge() -> Command {
    Command {
        action: Action::Charge,
        code: "CHARGE-DUE".into(),
        params: params("amount", "2.50 EUR"),
        amount: Some(Amount { minor: 250, currency: "EUR".into() }),
        pay_url: Some("https://pay.example/s/PS-0042".into()),
        ..open()
    }
}

fn hold() -> Command {
    Command {
        action: Action::Hold,
        arrival: None,
        code: "OPEN-MANUAL".into(),
        by: Some("eva".into()),
        reason: Some("delivery of a wide load".into()),
        ..open()
    }
}

fn list() -> SyncPart {
    let entries = vec![
        ListEntry { tag: Octets([1; 16]), kind: ListKind::Subscription, until_ms: Some(1_800_000_000_000) },
        ListEntry { tag: Octets([2; 16]), kind: ListKind::Block, until_ms: None },
    ];
    SyncPart { version: 8, part: 0, parts: 1, key: Octets([5; 32]), entries, terms: vec![] }
}

fn list_terms() -> SyncPart {
    let whole = ListTerms {
        tag: Octets([3; 16]),
        kind: ListKind::Subscription,
        from_ms: Some(1_790_000_000_000),
        until_ms: Some(1_800_000_000_000),
        windows: vec![
            ListWindow { days: 0b001_1111, from: 420, to: 1140 },
            ListWindow { days: 0b100_0000, from: 1080, to: 480 },
        ],
        pause: Some(ListPause { from_ms: 1_795_000_000_000, until_ms: Some(1_796_000_000_000) }),
        refuse: true,
        counted: true,
        elsewhere: true,
    };
    let later = ListEntry { tag: Octets([4; 16]), kind: ListKind::Block, until_ms: None };
    let later = ListTerms { from_ms: Some(1_790_000_000_000), ..ListTerms::from(later) };
    SyncPart { terms: vec![whole, later], ..list() }
}

fn sealed() -> Vec<u8> {
    let header = Header { signer: "pi-0042".into(), version: 1, seq: Some((100, 104)) };
    let topic = "bg/v1/north/in-1/up".parse().unwrap();
    envelope::seal(&topic, &header, backlog().encode(), &SigningKey::from_bytes(&[7; 32]))
}
