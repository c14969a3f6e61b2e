//! Where a device's store stands against what is kept of it, and its clock against ours. Pure.

use boomgate_schemas::up::Hello;
use boomgate_store::devices::DeviceStoreRow;

/// Why a store is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A new store: what the old one held and had not sent is lost.
    Renewed,
    /// An older copy of the store, or a second device with the same one.
    Copied,
}

impl Behind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::Copied => "copied",
        }
    }
}

/// Judges the first hello of a start of the device: none when its store goes on where it was.
///
/// Events of this very start may have been kept before its first hello was read; they are no sign of another store.
pub(crate) fn judge(known: &DeviceStoreRow, hello: &Hello) -> Option<Behind> {
    let (boot, next) = (i64::from(hello.boot), hello.next_seq.cast_signed());
    let boot_again = known.boot.is_some_and(|last| boot <= last);
    let before =
        if known.events_boot == Some(boot) && !boot_again { known.before_boot } else { known.highest };
    if known.highest == 0 || (!boot_again && next > before) {
        return None;
    }
    let spool = hello.spool.map(|spool| spool.0.to_vec());
    let renewed = known.spool.is_some() && spool.is_some() && known.spool != spool;
    Some(if renewed { Behind::Renewed } else { Behind::Copied })
}

/// How far a lane's clock is from ours, as it is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ClockLevel {
    Agrees,
    Notice,
    Exception,
}

/// From here on it is said; it is taken back only below three quarters of it, so that nothing flutters.
const NOTICE_MS: u64 = 2_000;
const EXCEPTION_MS: u64 = 15_000;

impl ClockLevel {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Notice => "notice",
            Self::Exception => "exception",
        }
    }

    pub(crate) fn read(name: Option<&str>) -> Self {
        match name {
            Some("exception") => Self::Exception,
            Some("notice") => Self::Notice,
            _ => Self::Agrees,
        }
    }

    /// The level of a difference, from the level it was at.
    pub(crate) fn of(ahead_ms: i64, before: Self) -> Self {
        let far = ahead_ms.unsigned_abs();
        let limit = |level: Self, ms: u64| if before >= level { (ms / 4).saturating_mul(3) } else { ms };
        if far > limit(Self::Exception, EXCEPTION_MS) {
            Self::Exception
        } else if far > limit(Self::Notice, NOTICE_MS) {
            Self::Notice
        } else {
            Self::Agrees
        }
    }
}

#[cfg(test)]
mod tests {
    use boomgate_schemas::bytes::Octets;
    use boomgate_schemas::up::{Boom, ClockState};

    use super::*;

    fn hello(boot: u32, next_seq: u64, spool: Option<u8>) -> Hello {
        Hello {
            device: "pi-1".into(),
            epoch: Octets([9; 16]),
            boot,
            uptime_ms: 1,
            wall_ms: 0,
            clock: ClockState::Synced,
            version: "1".into(),
            next_seq,
            acked_seq: 0,
            backlog: 0,
            command_counter: 0,
            boom: Boom::Closed,
            mode: "normal".into(),
            list_version: 0,
            rtt_ms: None,
            faults: Vec::new(),
            view: None,
            spool: spool.map(|byte| Octets([byte; 16])),
            lane_mode: None,
            loops: None,
        }
    }

    fn known() -> DeviceStoreRow {
        DeviceStoreRow {
            kept_upto: 40,
            epoch: Some(vec![8; 16]),
            boot: Some(3),
            spool: Some(vec![1; 16]),
            events_boot: Some(3),
            before_boot: 30,
            highest: 45,
        }
    }

    #[test]
    fn a_store_that_goes_on_is_not_behind() {
        assert_eq!(judge(&known(), &hello(4, 46, Some(1))), None);
        assert_eq!(judge(&known(), &hello(9, 900, None)), None);
        let fresh = DeviceStoreRow { highest: 0, boot: Some(3), ..known() };
        assert_eq!(judge(&fresh, &hello(1, 1, Some(2))), None);
    }

    #[test]
    fn a_renewed_an_older_and_a_copied_store_were_taken_for_the_same() {
        assert_eq!(judge(&known(), &hello(1, 1, Some(2))), Some(Behind::Renewed));
        assert_eq!(judge(&known(), &hello(5, 20, Some(1))), Some(Behind::Copied));
        assert_eq!(judge(&known(), &hello(5, 45, Some(1))), Some(Behind::Copied));
        assert_eq!(judge(&known(), &hello(3, 60, Some(1))), Some(Behind::Copied));
    }

    #[test]
    fn events_that_overtook_the_hello_of_their_start_are_no_sign_of_another_store() {
        let overtaken = DeviceStoreRow { events_boot: Some(4), before_boot: 45, highest: 47, ..known() };
        assert_eq!(judge(&overtaken, &hello(4, 46, Some(1))), None);
        assert_eq!(judge(&overtaken, &hello(4, 45, Some(1))), Some(Behind::Copied));
    }

    #[test]
    fn a_difference_of_clocks_is_told_in_two_steps_and_does_not_flutter() {
        use ClockLevel::{Agrees, Exception, Notice};
        assert_eq!(ClockLevel::of(1_900, Agrees), Agrees);
        assert_eq!(ClockLevel::of(-2_100, Agrees), Notice);
        assert_eq!(ClockLevel::of(1_900, Notice), Notice);
        assert_eq!(ClockLevel::of(1_400, Notice), Agrees);
        assert_eq!(ClockLevel::of(-3_600_000, Agrees), Exception);
        assert_eq!(ClockLevel::of(14_000, Exception), Exception);
        assert_eq!(ClockLevel::of(14_000, Notice), Notice);
        assert_eq!(ClockLevel::of(i64::MIN, Agrees), Exception);
        for level in [Agrees, Notice, Exception] {
            assert_eq!(ClockLevel::read(Some(level.name())), level);
        }
    }
}
