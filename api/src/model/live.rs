//! Frames of the live feed.

use boomgate_domain::ids::LaneId;
use boomgate_domain::reason::Lang;
use boomgate_store::live_event::LiveEvent;
use boomgate_store::live_feed::LiveRow;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::texts;

/// One frame of the live feed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "one frame at a time exists, until it is serialised")]
pub(crate) enum LiveFrame {
    /// The first frame.
    Start(LiveStart),
    /// Every two seconds: a line on which nothing comes for five is dead.
    Beat(LiveBeat),
    /// Something happened.
    Event(LiveHappened),
    /// An event of a kind that this version does not know.
    Unknown(LiveUnknown),
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StartKind {
    Start,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BeatKind {
    Beat,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UnknownKind {
    Unknown,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveStart {
    kind: StartKind,
    /// After which number this feed begins.
    no: i64,
    /// The newest number there is.
    last: i64,
    /// Whether anything before `no` is gone: load afresh.
    missed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveBeat {
    kind: BeatKind,
    /// Of the last event that was sent.
    no: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveHappened {
    /// Numbers of a site have no holes: a client that comes back with its last one misses nothing.
    no: i64,
    at: Timestamp,
    lane: Option<Uuid>,
    #[serde(flatten)]
    event: LiveEvent,
    /// The reason in words, where the event carries one.
    text: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveUnknown {
    kind: UnknownKind,
    no: i64,
    at: Timestamp,
    lane: Option<Uuid>,
}

impl LiveFrame {
    pub(crate) const fn start(no: i64, last: i64, missed: bool) -> Self {
        Self::Start(LiveStart { kind: StartKind::Start, no, last, missed })
    }

    pub(crate) const fn heartbeat(no: i64) -> Self {
        Self::Beat(LiveBeat { kind: BeatKind::Beat, no })
    }

    pub(crate) fn of(row: LiveRow, lang: Lang) -> Self {
        let (no, at, lane) = (row.no, row.at, row.lane_id.as_ref().map(LaneId::as_uuid));
        let Some(event) = row.event else {
            return Self::Unknown(LiveUnknown { kind: UnknownKind::Unknown, no, at, lane });
        };
        let text = event.reason().map(|(code, params)| texts::reason(code, params, lang));
        Self::Event(LiveHappened { no, at, lane, event, text })
    }
}
