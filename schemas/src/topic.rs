//! The only place where a topic is built or taken apart.

use std::fmt;
use std::str::FromStr;

use boomgate_domain::ids::{LaneCode, SiteCode};

/// Root of every topic; the version is the one of the message set.
const ROOT: &str = "bg/v1";

/// What a topic carries, and by that in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Leaf {
    /// Events of a lane, one or many in a message.
    Up,
    /// Connect and heartbeat; never spooled.
    Hello,
    /// What is committed, or rejected with a code.
    Ack,
    /// Orders of the server.
    Cmd,
    /// A lane asks for its offline list.
    Sync,
    /// The offline list, in parts.
    List,
}

impl Leaf {
    /// Every leaf there is.
    pub const ALL: [Self; 6] = [Self::Up, Self::Hello, Self::Ack, Self::Cmd, Self::Sync, Self::List];

    /// The last level of the topic.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Hello => "hello",
            Self::Ack => "ack",
            Self::Cmd => "cmd",
            Self::Sync => "sync",
            Self::List => "list",
        }
    }

    /// Whether the lane publishes here; to all other leaves it subscribes.
    pub fn is_from_lane(self) -> bool {
        match self {
            Self::Up | Self::Hello | Self::Sync => true,
            Self::Ack | Self::Cmd | Self::List => false,
        }
    }

    /// The subscription of a server to every lane of every site.
    pub fn every_lane(self) -> String {
        format!("{ROOT}/+/+/{}", self.as_str())
    }

    /// The subscription of a server to every lane of one site.
    pub fn of_site(self, site: &SiteCode) -> String {
        format!("{ROOT}/{site}/+/{}", self.as_str())
    }
}

/// `bg/v1/<site>/<lane>/<leaf>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic {
    /// Code of the site.
    pub site: SiteCode,
    /// Code of the lane.
    pub lane: LaneCode,
    /// What it carries.
    pub leaf: Leaf,
}

/// A text that is no topic of ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a topic of the form {ROOT}/<site>/<lane>/<leaf>")]
pub struct BadTopic(pub String);

impl Topic {
    /// The topic of a lane.
    pub fn new(site: SiteCode, lane: LaneCode, leaf: Leaf) -> Self {
        Self { site, lane, leaf }
    }

    /// The neighbouring topic of the same lane.
    pub fn with_leaf(&self, leaf: Leaf) -> Self {
        Self { leaf, ..self.clone() }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ROOT}/{}/{}/{}", self.site, self.lane, self.leaf.as_str())
    }
}

impl FromStr for Topic {
    type Err = BadTopic;

    fn from_str(text: &str) -> Result<Self, BadTopic> {
        parse(text).ok_or_else(|| BadTopic(text.chars().take(200).collect()))
    }
}

fn parse(text: &str) -> Option<Topic> {
    let mut levels = text.strip_prefix(ROOT)?.strip_prefix('/')?.split('/');
    let site = levels.next()?.parse().ok()?;
    let lane = levels.next()?.parse().ok()?;
    let name = levels.next()?;
    let leaf = Leaf::ALL.into_iter().find(|leaf| leaf.as_str() == name)?;
    levels.next().is_none().then_some(Topic { site, lane, leaf })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_topic_is_read_as_it_is_written(site in "[a-z0-9-]{1,64}", lane in "[a-z0-9-]{1,64}", leaf in 0usize..6) {
            let topic = Topic::new(site.parse().unwrap(), lane.parse().unwrap(), Leaf::ALL[leaf]);
            prop_assert_eq!(topic.to_string().parse::<Topic>().unwrap(), topic);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,200}") {
            if let Ok(topic) = text.parse::<Topic>() {
                prop_assert_eq!(topic.to_string(), text);
            }
        }
    }

    #[test]
    fn wildcards_prefixes_and_extra_levels_are_refused() {
        for text in [
            "bg/v1/+/in-1/up",
            "bg/v1/#",
            "/bg/v1/a/b/up",
            "bg/v1/a/b/up/",
            "bg/v1/a/b/down",
            "bg/v2/a/b/up",
            "$share/g/bg/v1/a/b/cmd",
            "bg/v1//b/up",
            "",
        ] {
            assert!(text.parse::<Topic>().is_err(), "{text}");
        }
    }
}
