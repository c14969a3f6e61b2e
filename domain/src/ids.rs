//! Names of things: slugs that travel in topics and certificates, UUIDs that key rows.
//!
//! Nothing here makes an id: slugs are parsed from configuration, UUIDs come from a generator argument.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest slug, in bytes.
pub const MAX_SLUG: usize = 64;

/// Why a text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum SlugError {
    #[error("{kind} is empty; expected 1 to 64 of a-z, 0-9 and '-'")]
    Empty { kind: &'static str },
    #[error("{kind} {text:?} is {length} bytes long; at most 64 are allowed")]
    TooLong { kind: &'static str, text: String, length: usize },
    #[error("{kind} {text:?} contains {found:?}; only a-z, 0-9 and '-' are allowed")]
    Character { kind: &'static str, text: String, found: char },
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {text:?} is not a UUID")]
pub struct IdError {
    /// What kind of id was expected.
    pub kind: &'static str,
    /// The text, cut to 64 characters.
    pub text: String,
}

fn check_slug(kind: &'static str, text: &str) -> Result<(), SlugError> {
    if text.is_empty() {
        return Err(SlugError::Empty { kind });
    }
    if let Some(found) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return Err(SlugError::Character { kind, text: text.chars().take(MAX_SLUG).collect(), found });
    }
    if text.len() > MAX_SLUG {
        return Err(SlugError::TooLong {
            kind,
            text: text.chars().take(MAX_SLUG).collect(),
            length: text.len(),
        });
    }
    Ok(())
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes `[a-z0-9-]{1,64}`, nothing else.
            pub fn parse(text: &str) -> Result<Self, SlugError> {
                check_slug($kind, text)?;
                Ok(Self(text.to_owned()))
            }

            /// The slug as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = SlugError;
            fn from_str(text: &str) -> Result<Self, SlugError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = SlugError;
            fn try_from(text: String) -> Result<Self, SlugError> {
                check_slug($kind, &text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(slug: $name) -> String {
                slug.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id's UUID.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let refuse = |_| IdError { kind: $kind, text: text.chars().take(64).collect() };
                Uuid::parse_str(text).map(Self).map_err(refuse)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    };
}

slug!(
    /// A site's name in topics and certificates.
    SiteCode,
    "site code"
);
slug!(
    /// A lane's name in topics and certificates, unique within its site.
    LaneCode,
    "lane code"
);
slug!(
    /// A device's name in certificates; it is also its MQTT client id.
    DeviceCode,
    "device code"
);

id!(
    /// A company whose sites are kept apart from others.
    TenantId,
    "tenant id"
);
id!(
    /// A car park.
    SiteId,
    "site id"
);
id!(
    /// A lane of a site.
    LaneId,
    "lane id"
);
id!(
    /// A device of a lane.
    DeviceId,
    "device id"
);
id!(
    /// One occupancy of an arming loop by one car.
    ArrivalId,
    "arrival id"
);
id!(
    /// An event of a lane.
    EventId,
    "event id"
);
id!(
    /// A decision on an arrival.
    DecisionId,
    "decision id"
);
id!(
    /// A command to a lane.
    CommandId,
    "command id"
);
id!(
    /// A stay of a car.
    StayId,
    "stay id"
);
id!(
    /// A known vehicle.
    VehicleId,
    "vehicle id"
);
id!(
    /// A subscription.
    SubscriptionId,
    "subscription id"
);
id!(
    /// A plan that subscriptions are sold by.
    PlanId,
    "plan id"
);
id!(
    /// A reservation.
    ReservationId,
    "reservation id"
);
id!(
    /// A row of the blocklist.
    BlockId,
    "block id"
);
id!(
    /// A version of a tariff.
    TariffId,
    "tariff id"
);
id!(
    /// A tariff that is being written.
    TariffDraftId,
    "tariff draft id"
);
id!(
    /// A code that takes something off what a stay costs.
    ValidationCodeId,
    "validation code id"
);
id!(
    /// A validation code redeemed for a stay.
    ValidationId,
    "validation id"
);
id!(
    /// A person who may log in.
    UserId,
    "user id"
);
id!(
    /// A key by which a program acts.
    ApiKeyId,
    "key id"
);
id!(
    /// A payment.
    PaymentId,
    "payment id"
);

id!(
    /// An alarm.
    AlarmId,
    "alarm id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_take_what_the_topic_takes() {
        assert_eq!(SiteCode::parse("north-7").unwrap().as_str(), "north-7");
        assert!(SiteCode::parse(&"a".repeat(64)).is_ok());
        let too_long = SiteCode::parse(&"a".repeat(65)).unwrap_err();
        assert!(too_long.to_string().contains("65 bytes long"));
    }

    #[test]
    fn a_bad_slug_is_refused_by_name_and_character() {
        let error = LaneCode::parse("Lane/1").unwrap_err();
        assert_eq!(error.to_string(), "lane code \"Lane/1\" contains 'L'; only a-z, 0-9 and '-' are allowed");
        assert_eq!(
            DeviceCode::parse("").unwrap_err().to_string(),
            "device code is empty; expected 1 to 64 of a-z, 0-9 and '-'"
        );
    }

    #[test]
    fn ids_round_trip_as_text() {
        let id = StayId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse::<StayId>().unwrap(), id);
        assert_eq!("x".parse::<StayId>().unwrap_err().to_string(), "stay id \"x\" is not a UUID");
    }
}
