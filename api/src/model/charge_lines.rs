//! A charge line by line, and what of it is VAT: the same for stays and for tariffs that are tried.

use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::{self, ChargeLine};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::Amount;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Line {
    text: String,
    kind: LineKind,
    from: Timestamp,
    until: Timestamp,
    minutes: u32,
    /// Negative for what caps and validations take off.
    amount: Amount,
}

/// What a line of a charge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LineKind {
    /// In and out within the grace time.
    Grace,
    /// Complimentary minutes at the beginning.
    Free,
    /// Steps of a rule's band.
    Rate,
    /// What a cap of a day takes off.
    Cap,
    /// What a cap of 24 hours takes off.
    #[serde(rename = "cap-24h")]
    Cap24h,
    /// What a cap of the month takes off.
    MonthlyCap,
    /// Time that a validation makes free.
    FreeTime,
    /// What a validation takes off.
    Discount,
    /// Time that was paid before.
    Prepaid,
    LostTicket,
}

/// What of a total is VAT.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VatShare {
    /// `20 %`.
    rate: String,
    basis_points: u32,
    /// Rounded half up, once, on the total.
    amount: Amount,
}

impl From<tariff::Vat> for VatShare {
    fn from(vat: tariff::Vat) -> Self {
        Self { rate: vat.rate(), basis_points: vat.basis_points, amount: vat.amount.into() }
    }
}

impl Line {
    pub(crate) fn of(line: &ChargeLine, lang: Lang) -> Self {
        Self {
            text: line.text(lang),
            kind: line.kind.into(),
            from: line.from,
            until: line.until,
            minutes: line.minutes,
            amount: line.amount.into(),
        }
    }
}

impl From<tariff::LineKind> for LineKind {
    fn from(kind: tariff::LineKind) -> Self {
        match kind {
            tariff::LineKind::Grace => Self::Grace,
            tariff::LineKind::Free => Self::Free,
            tariff::LineKind::Rate => Self::Rate,
            tariff::LineKind::Cap => Self::Cap,
            tariff::LineKind::Cap24h => Self::Cap24h,
            tariff::LineKind::MonthlyCap => Self::MonthlyCap,
            tariff::LineKind::FreeTime => Self::FreeTime,
            tariff::LineKind::Discount => Self::Discount,
            tariff::LineKind::Prepaid => Self::Prepaid,
            tariff::LineKind::LostTicket => Self::LostTicket,
        }
    }
}
