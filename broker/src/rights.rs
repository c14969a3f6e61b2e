//! Who may publish and subscribe to what: pure rules on identities and packets, nothing about sockets.

use boomgate_schemas::identity::DeviceIdentity;
use boomgate_schemas::topic::Topic;

/// Why a packet is not let through; each ends the session and is counted as a security event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("topic is not one of ours")]
    BadTopic,
    #[error("topic belongs to another lane")]
    ForeignTopic,
    #[error("device may not publish on a topic it only listens to")]
    NotSpeaker,
    #[error("device may not subscribe to a topic it only speaks on")]
    NotListener,
    #[error("wildcards and shared subscriptions are not for devices")]
    Wildcard,
    #[error("retained messages are not for devices")]
    Retained,
    #[error("QoS 2 is not spoken here")]
    Qos2,
    #[error("payload is larger than a message may be")]
    Payload,
}

impl Violation {
    /// Label of the security metric.
    pub fn label(self) -> &'static str {
        match self {
            Self::BadTopic => "bad_topic",
            Self::ForeignTopic => "foreign_topic",
            Self::NotSpeaker => "not_speaker",
            Self::NotListener => "not_listener",
            Self::Wildcard => "wildcard",
            Self::Retained => "retained",
            Self::Qos2 => "qos2",
            Self::Payload => "payload",
        }
    }
}

/// A PUBLISH or a will: own lane, own direction, QoS 0 or 1, never retained.
pub fn may_publish(
    device: &DeviceIdentity,
    topic: &[u8],
    qos: u8,
    retain: bool,
    payload_bytes: usize,
) -> Result<(), Violation> {
    if retain {
        return Err(Violation::Retained);
    }
    if qos > 1 {
        return Err(Violation::Qos2);
    }
    if payload_bytes > boomgate_schemas::MAX_PAYLOAD {
        return Err(Violation::Payload);
    }
    let topic = own_topic(device, topic)?;
    if topic.leaf.is_from_lane() { Ok(()) } else { Err(Violation::NotSpeaker) }
}

/// A SUBSCRIBE filter: exactly one topic of the own lane.
pub fn may_subscribe(device: &DeviceIdentity, filter: &str) -> Result<(), Violation> {
    if filter.contains(['+', '#', '$']) {
        return Err(Violation::Wildcard);
    }
    let topic = own_topic(device, filter.as_bytes())?;
    if topic.leaf.is_from_lane() { Err(Violation::NotListener) } else { Ok(()) }
}

fn own_topic(device: &DeviceIdentity, topic: &[u8]) -> Result<Topic, Violation> {
    let topic: Topic =
        std::str::from_utf8(topic).ok().and_then(|text| text.parse().ok()).ok_or(Violation::BadTopic)?;
    if topic.site == device.site && topic.lane == device.lane {
        Ok(topic)
    } else {
        Err(Violation::ForeignTopic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> DeviceIdentity {
        "boomgate://north/in-1/pi-1".parse().unwrap()
    }

    fn publish(topic: &str) -> Result<(), Violation> {
        may_publish(&device(), topic.as_bytes(), 1, false, 10)
    }

    #[test]
    fn a_device_speaks_on_its_own_lane_only() {
        assert_eq!(publish("bg/v1/north/in-1/up"), Ok(()));
        assert_eq!(publish("bg/v1/north/in-1/hello"), Ok(()));
        assert_eq!(publish("bg/v1/north/in-2/up"), Err(Violation::ForeignTopic));
        assert_eq!(publish("bg/v1/south/in-1/up"), Err(Violation::ForeignTopic));
        assert_eq!(publish("bg/v1/north/in-1/cmd"), Err(Violation::NotSpeaker));
        assert_eq!(publish("bg/v1/north/in-1/up/x"), Err(Violation::BadTopic));
        assert_eq!(may_publish(&device(), &[0xff, 0xfe], 0, false, 0), Err(Violation::BadTopic));
    }

    #[test]
    fn retained_qos2_and_oversize_are_refused() {
        let topic = b"bg/v1/north/in-1/up";
        assert_eq!(may_publish(&device(), topic, 1, true, 10), Err(Violation::Retained));
        assert_eq!(may_publish(&device(), topic, 2, false, 10), Err(Violation::Qos2));
        assert_eq!(may_publish(&device(), topic, 1, false, 65_537), Err(Violation::Payload));
    }

    #[test]
    fn a_device_hears_its_own_lane_only() {
        assert_eq!(may_subscribe(&device(), "bg/v1/north/in-1/cmd"), Ok(()));
        assert_eq!(may_subscribe(&device(), "bg/v1/north/in-1/up"), Err(Violation::NotListener));
        assert_eq!(may_subscribe(&device(), "bg/v1/north/in-2/cmd"), Err(Violation::ForeignTopic));
        for filter in
            ["#", "bg/v1/north/in-1/#", "bg/v1/north/+/cmd", "$share/g/bg/v1/north/in-1/cmd", "$SYS/x"]
        {
            assert_eq!(may_subscribe(&device(), filter), Err(Violation::Wildcard), "{filter}");
        }
    }
}
