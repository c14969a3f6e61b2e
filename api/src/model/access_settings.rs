//! How a site treats cars with and without rights.

use boomgate_domain::decide::Passback;
use boomgate_operations::access_settings::SetAccess;
use boomgate_store::access_settings::AccessSettings;
use boomgate_store::sites::read_word;
use boomgate_store::words::OutsideTerms;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{ApiError, unknown};
use crate::request::SafeText;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Access {
    /// A car that is inside for longer is shown as overstaying.
    overstay_hours: i32,
    /// What becomes of a subscriber's car beyond its terms: every place taken, another time of day, paused, used up, another lane.
    outside_terms: OutsideTerms,
    /// So many days before its end a subscription is named, and its holder told by mail.
    notice_days: i32,
    /// Whose plates strangers have, for "1 in N": `SK`, `EU`. Empty: of the forms that the listed plates have.
    countries: Vec<String>,
    passback: PassbackWord,
}

/// What becomes of a plate that is inside and comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PassbackWord {
    /// Refused for every plate.
    Deny,
    /// Refused for subscribers and reservations; visitors come in, who pay anyway.
    DenyRights,
    /// Not checked.
    Allow,
}

impl From<Passback> for PassbackWord {
    fn from(passback: Passback) -> Self {
        match passback {
            Passback::Deny => Self::Deny,
            Passback::DenyRights => Self::DenyRights,
            Passback::Allow => Self::Allow,
        }
    }
}

impl From<PassbackWord> for Passback {
    fn from(word: PassbackWord) -> Self {
        match word {
            PassbackWord::Deny => Self::Deny,
            PassbackWord::DenyRights => Self::DenyRights,
            PassbackWord::Allow => Self::Allow,
        }
    }
}

impl Access {
    pub(crate) fn of(row: AccessSettings) -> Result<Self, ApiError> {
        let terms = OutsideTerms::parse(&row.outside_terms);
        Ok(Self {
            overstay_hours: row.overstay_hours,
            outside_terms: terms
                .ok_or_else(|| unknown("access_settings.outside_terms", &row.outside_terms))?,
            notice_days: row.notice_days,
            countries: row.countries,
            passback: read_word::<Passback>("sites.passback", &row.passback)?.into(),
        })
    }
}

/// What is to be another; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessChange {
    #[schema(minimum = 1, maximum = 8784)]
    overstay_hours: Option<i32>,
    outside_terms: Option<OutsideTerms>,
    #[schema(minimum = 0, maximum = 90)]
    notice_days: Option<i32>,
    #[schema(value_type = Option<Vec<String>>, max_items = 60)]
    countries: Option<Vec<SafeText>>,
    passback: Option<PassbackWord>,
}

impl AccessChange {
    pub(crate) fn set(self) -> SetAccess {
        let countries =
            self.countries.map(|countries| countries.iter().map(|one| one.trim().to_uppercase()).collect());
        SetAccess {
            overstay_hours: self.overstay_hours,
            outside_terms: self.outside_terms,
            notice_days: self.notice_days,
            countries,
            passback: self.passback.map(Passback::from),
        }
    }
}
