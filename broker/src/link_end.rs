//! Why the session of a device ended, as text, metric label and log line.

use crate::rights::Violation;
use crate::sessions::EndReason;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    #[error("device sent DISCONNECT")]
    Disconnected,
    #[error("connection closed: {0}")]
    Closed(String),
    #[error("no packet for one and a half keep-alives")]
    KeepAlive,
    #[error("device does not read")]
    WriteTimeout,
    #[error("protocol error: {0}")]
    Protocol(String),
    #[error("{0}")]
    Violation(Violation),
    #[error("device keeps sending more than its limits allow")]
    Flooding,
    #[error("session ended by the server: {}", .0.label())]
    Evicted(EndReason),
    #[error("router closed the link")]
    Router,
}

impl End {
    /// Label of the metric.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Disconnected => "goodbye",
            Self::Closed(_) => "closed",
            Self::KeepAlive => "keep_alive",
            Self::WriteTimeout => "write_timeout",
            Self::Protocol(_) => "protocol",
            Self::Violation(violation) => violation.label(),
            Self::Flooding => "flooding",
            Self::Evicted(reason) => reason.label(),
            Self::Router => "router",
        }
    }
}

/// Logs the end of a session.
pub(crate) fn report(device: &str, end: &End) {
    match end {
        End::Violation(violation) => {
            metrics::counter!("boomgate_broker_violations_total", "kind" => violation.label()).increment(1);
            tracing::warn!(device.code = device, why = %violation, "device disconnected: not permitted");
        }
        End::Protocol(why) => {
            tracing::warn!(device.code = device, why, "device disconnected: not MQTT 3.1.1")
        }
        End::Flooding => {
            tracing::warn!(device.code = device, "device disconnected: it sends more than its limits allow")
        }
        End::Router => {
            tracing::error!(device.code = device, "device disconnected: the router closed its link")
        }
        End::Disconnected | End::Closed(_) | End::KeepAlive | End::WriteTimeout | End::Evicted(_) => {
            tracing::info!(device.code = device, why = %end, "device disconnected");
        }
    }
}
