//! How people get in: links that work once, the second factor, notices, and the first run.

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{LaneCode, SiteCode, TariffId};
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::tariff::Tariff;
use boomgate_domain::tariff::templates::Template;
use boomgate_operations::links::LinkKind;
use boomgate_operations::passwords;
use boomgate_operations::second_factor::{Enrolment, FirstFactor};
use boomgate_operations::setup::{FirstAdmin, Setup, SetupLane};
use boomgate_operations::sites::AddSite;
use boomgate_store::notices::{Notice as NoticeRow, NoticeKind};
use boomgate_store::words::LaneDirection;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::model::money::Amount;
use crate::model::sessions::Me;
use crate::model::sites::{currency, label, languages, spaces_of, zone};
use crate::request::SafeText;

/// A link by which somebody chooses a password; shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordLink {
    pub(crate) url: String,
    /// `invitation` for somebody's first password, else `reset`.
    pub(crate) kind: LinkKind,
    pub(crate) expires_at: Timestamp,
    /// The address it was mailed to; null where it was not mailed.
    pub(crate) mailed_to: Option<String>,
    /// Why it was not mailed, though the person has an address.
    pub(crate) mail_problem: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkToken {
    /// What stands behind `#` in the link.
    pub(crate) token: String,
}

/// For whom a link is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkFound {
    pub(crate) kind: LinkKind,
    /// To log in with.
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) expires_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemLink {
    pub(crate) token: String,
    #[schema(min_length = 10, max_length = 200)]
    pub(crate) password: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnPassword {
    /// The present one.
    pub(crate) current: String,
    #[schema(min_length = 10, max_length = 200)]
    pub(crate) new: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneTimeCode {
    /// Six digits.
    pub(crate) otp: String,
}

/// What an authenticator app needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotpSecret {
    /// 160 bits in base 32, to be typed.
    pub(crate) secret: String,
    /// `otpauth://totp/…`
    pub(crate) uri: String,
    /// The same as a QR code: SVG.
    pub(crate) qr_svg: String,
}

impl From<Enrolment> for TotpSecret {
    fn from(made: Enrolment) -> Self {
        Self { secret: made.secret, uri: made.uri, qr_svg: made.qr_svg }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Each lets in once in place of a code of the app; shown this once.
    pub(crate) recovery_codes: Vec<String>,
}

/// What a person should know about their own account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Notice {
    id: Uuid,
    kind: NoticeKind,
    at: Timestamp,
    /// Texts by name: `address`, `agent`, `left`.
    #[schema(value_type = Object)]
    params: serde_json::Value,
    seen_at: Option<Timestamp>,
}

impl Notice {
    /// None of a kind that only a later version knows.
    pub(crate) fn of(row: NoticeRow) -> Option<Self> {
        let kind = NoticeKind::parse(&row.kind)?;
        Some(Self { id: row.id, kind, at: row.at, params: row.params, seen_at: row.seen_at })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupState {
    /// Nobody may do everything yet: `boomgate serve` printed the address of the set-up page, and `boomgate setup link` makes
    /// a new one.
    pub(crate) needed: bool,
}

/// What the set-up page needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupOptions {
    pub(crate) expires_at: Timestamp,
    pub(crate) templates: Vec<TariffTemplate>,
    /// ISO 4217.
    pub(crate) currencies: Vec<String>,
    /// Of signs and pages: `en`, `vi`.
    pub(crate) languages: Vec<&'static str>,
}

/// A common shape of a tariff, made of one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TariffTemplate {
    /// Each hour begun; a day costs at most eight hours.
    Hourly,
    /// Each hour begun by day, twice that for a night; 24 hours cost at most ten hours.
    DayAndNight,
    /// Each 24 hours begun.
    PerDay,
}

impl TariffTemplate {
    pub(crate) const ALL: [Self; 3] = [Self::Hourly, Self::DayAndNight, Self::PerDay];

    const fn domain(self) -> Template {
        match self {
            Self::Hourly => Template::Hourly,
            Self::DayAndNight => Template::DayAndNight,
            Self::PerDay => Template::PerDay,
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupTariff {
    template: TariffTemplate,
    /// Minor units: of an hour, or of a day for `per_day`.
    #[schema(minimum = 1, maximum = 100_000_000)]
    price: i64,
}

impl SetupTariff {
    pub(crate) fn tariff(&self, currency: Currency) -> Result<Tariff, ApiError> {
        if !(1..=100_000_000).contains(&self.price) {
            return Err(ApiError::invalid("tariff.price", "must be 1 to 100000000 minor units"));
        }
        Ok(self.template.domain().tariff(TariffId::from_uuid(Uuid::now_v7()), currency, self.price))
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupPrice {
    pub(crate) token: String,
    pub(crate) tariff: SetupTariff,
    /// ISO 4217.
    pub(crate) currency: String,
    /// IANA name.
    pub(crate) time_zone: String,
}

/// What some stays would cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExamplePrices {
    pub(crate) examples: Vec<ExamplePrice>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExamplePrice {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) minutes: u32,
    pub(crate) amount: Amount,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupTotp {
    pub(crate) token: String,
    /// Of the first admin: stands in the authenticator app.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub(crate) name: SafeText,
}

/// Everything a car park needs before its first car.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSetup {
    pub(crate) token: String,
    /// Who runs it.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    company: SafeText,
    site: SetupSite,
    admin: SetupAdmin,
    #[serde(default)]
    lanes: Vec<NewSetupLane>,
    tariff: SetupTariff,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetupSite {
    /// Small letters, digits and dashes.
    code: String,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: SafeText,
    /// IANA name.
    time_zone: String,
    /// ISO 4217.
    currency: String,
    /// Of signs and pages, the preferred one first: `en`, `vi`.
    languages: Vec<String>,
    /// Spaces for visitors; null where nobody counts.
    #[serde(default)]
    capacity: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetupAdmin {
    /// To log in with, in any case.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: SafeText,
    /// Where links and notices go.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<SafeText>,
    #[schema(min_length = 10, max_length = 200)]
    password: String,
    /// A second factor, as `POST /api/v1/setup/totp` proposed it.
    #[serde(default)]
    totp: Option<SetupSecondFactor>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetupSecondFactor {
    secret: String,
    /// Six digits of the app.
    otp: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSetupLane {
    /// Small letters, digits and dashes.
    code: String,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: SafeText,
    direction: LaneDirection,
}

/// The first admin, who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupAnswer {
    /// For the day the phone is lost; empty without a second factor. Shown this once.
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) user: Me,
}

impl NewSetup {
    /// What of the request names the person and the company: no password may be made of it.
    pub(crate) fn refuse_weak_password(&self) -> Result<(), ApiError> {
        let around = [&*self.admin.name, &*self.company, &*self.site.name];
        let fault = passwords::weakness("admin.password", &self.admin.password, &around);
        fault.map_or(Ok(()), |fault| Err(ApiError::Refused(vec![fault])))
    }

    pub(crate) fn password(&self) -> String {
        self.admin.password.clone()
    }

    /// As the use case takes it.
    pub(crate) fn setup(&self, password_hash: String) -> Result<Setup, ApiError> {
        let currency = currency("site.currency", &self.site.currency)?;
        let site = AddSite {
            code: SiteCode::parse(&self.site.code)
                .map_err(|error| ApiError::invalid("site.code", error.to_string()))?,
            name: label_of("site.name", &self.site.name)?,
            time_zone: zone("site.time_zone", &self.site.time_zone)?,
            currency,
            languages: languages("site.languages", &self.site.languages)?,
            capacity: self.site.capacity.map(|spaces| spaces_of("site.capacity", spaces)).transpose()?,
        };
        let admin = FirstAdmin {
            name: label_of("admin.name", &self.admin.name)?,
            email: self.admin.email.as_deref().map(|text| email("admin.email", text)).transpose()?,
            password_hash,
            totp: self
                .admin
                .totp
                .as_ref()
                .map(|one| FirstFactor { secret: one.secret.clone(), code: Some(one.otp.clone()) }),
        };
        let lanes = self.lanes()?;
        let tariff = self.tariff.tariff(currency)?;
        Ok(Setup { company: label_of("company", &self.company)?, site, admin, lanes, tariff })
    }

    fn lanes(&self) -> Result<Vec<SetupLane>, ApiError> {
        let mut lanes: Vec<SetupLane> = Vec::new();
        for (index, lane) in self.lanes.iter().enumerate() {
            let field = |part: &str| format!("lanes[{index}].{part}");
            let code = LaneCode::parse(&lane.code)
                .map_err(|error| ApiError::invalid(field("code"), error.to_string()))?;
            if lanes.iter().any(|other| other.code == code) {
                return Err(ApiError::invalid(field("code"), "is the code of another lane, too"));
            }
            let direction = match lane.direction {
                LaneDirection::Entry => Direction::Entry,
                LaneDirection::Exit => Direction::Exit,
            };
            lanes.push(SetupLane { code, name: label_of(field("name"), &lane.name)?, direction });
        }
        Ok(lanes)
    }
}

fn label_of(field: impl Into<std::borrow::Cow<'static, str>>, text: &str) -> Result<String, ApiError> {
    label(text).map_err(|_| ApiError::invalid(field, "must be 1 to 100 characters"))
}

/// An address to which mail can go: one `@` with something on both sides, and no spaces.
pub(crate) fn email(field: &'static str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let is_address = text.len() <= 254
        && !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && host.contains('.')
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
    if is_address {
        Ok(text.to_owned())
    } else {
        Err(ApiError::invalid(field, "is no address such as ann@example.org"))
    }
}

impl ExamplePrice {
    pub(crate) fn new(from: Timestamp, until: Timestamp, minutes: u32, amount: Money) -> Self {
        Self { from, until, minutes, amount: amount.into() }
    }
}
