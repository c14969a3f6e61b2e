//! The blocklist, what it means for strangers, and cars that stay for long.

use boomgate_domain::plate::TypedPlate;
use boomgate_domain::plate::strangers::MatchRule;
use boomgate_operations::access::SiteRef;
use boomgate_operations::blocklist::{AddBlock, Risk, SetBlock};
use boomgate_store::blocklist::BlockDetail;
use boomgate_store::stays::LongStay;
use boomgate_store::words::BlockState;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::sites::given;
use crate::error::ApiError;
use crate::query;
use crate::request::SafeText;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Block {
    id: Uuid,
    /// Code of the site.
    site: String,
    /// As it is compared.
    plate: String,
    /// As a person wrote it.
    written: String,
    reason: String,
    state: BlockState,
    /// Null: at once.
    from: Option<Timestamp>,
    /// Null: until it is lifted.
    until: Option<Timestamp>,
    added: ListStep,
    lifted: Option<ListStep>,
    /// The open stay of the plate or of a twin of it: the car is inside now.
    inside: Option<Uuid>,
}

/// What somebody did to an entry of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ListStep {
    pub(crate) at: Timestamp,
    /// As the person is called now; null where it was done from the command line.
    pub(crate) by: Option<String>,
    /// In the person's words.
    pub(crate) reason: Option<String>,
}

impl Block {
    pub(crate) fn of(row: BlockDetail, now: Timestamp) -> Self {
        let state = row.state(now);
        let lifted = row.lifted_at.map(|at| ListStep { at, by: row.lifted_name, reason: row.lift_reason });
        Self {
            id: row.id.as_uuid(),
            site: row.site_code,
            written: row.plate_typed.unwrap_or_else(|| row.plate.clone()),
            plate: row.plate,
            reason: row.reason,
            state,
            from: row.valid_from,
            until: row.valid_until,
            added: ListStep { at: row.created_at, by: row.created_name, reason: None },
            lifted,
            inside: row.inside.map(|stay| stay.as_uuid()),
        }
    }
}

/// A plate to be blocked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBlock {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// As people write it. Its twins (0 for O, 1 for I) are blocked with it.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    plate: SafeText,
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    reason: SafeText,
    /// Left out: at once.
    from: Option<Timestamp>,
    /// Left out: until it is lifted.
    until: Option<Timestamp>,
}

impl NewBlock {
    pub(crate) fn block(&self) -> Result<AddBlock, ApiError> {
        let plate = typed_plate("plate", &self.plate)?;
        Ok(AddBlock { plate, reason: self.reason.to_string(), from: self.from, until: self.until })
    }
}

/// A plate as a person wrote it.
pub(crate) fn typed_plate(field: &'static str, text: &str) -> Result<TypedPlate, ApiError> {
    TypedPlate::parse(text).map_err(|error| ApiError::invalid(field, error.to_string()))
}

/// What is to be another; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockChange {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    reason: Option<SafeText>,
    /// Null: until it is lifted.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>)]
    until: Option<Option<Timestamp>>,
}

impl BlockChange {
    pub(crate) fn set(&self) -> SetBlock {
        SetBlock { reason: self.reason.as_ref().map(|text| text.to_string()), until: self.until }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LiftBlock {
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    pub(crate) reason: SafeText,
}

/// What the lists of a site mean for strangers, as they stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListRisk {
    /// Plates blocked now or later.
    blocked: usize,
    /// Plates with a right now or later.
    rights: usize,
    /// Whose plates strangers are taken to have; empty: of the forms that the listed plates have.
    countries: Vec<String>,
    /// From the strictest to the loosest. A clone of a listed plate is no stranger: no rule tells it apart.
    rules: Vec<RuleRisk>,
    /// Listed plates that differ in 0 and O or 1 and I only: a block of one stops the others.
    together: Vec<Vec<String>>,
}

/// The figures of one way to compare plates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleRisk {
    rule: CompareRule,
    /// Whether a right is found so here.
    used_for_rights: bool,
    /// Whether a block is found so here.
    used_for_blocks: bool,
    /// One in so many strangers would pass as a car with a right; null: none would.
    one_in_passes: Option<u64>,
    /// One in so many strangers would be stopped as a blocked car; null: none would.
    one_in_stopped: Option<u64>,
}

/// How plates are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CompareRule {
    /// Every character.
    Exact,
    /// 0 for O and 1 for I.
    Twins,
    /// One character by a look-alike, as some systems do.
    OneLookAlike,
    /// Any one character, as many systems do.
    OneSubstitution,
}

impl From<Risk> for ListRisk {
    fn from(risk: Risk) -> Self {
        let rules = risk.rules.iter().map(|one| RuleRisk {
            rule: match one.rule {
                MatchRule::Exact => CompareRule::Exact,
                MatchRule::Twins => CompareRule::Twins,
                MatchRule::OneLookAlike => CompareRule::OneLookAlike,
                MatchRule::OneSubstitution => CompareRule::OneSubstitution,
            },
            used_for_rights: one.rule == MatchRule::Exact,
            used_for_blocks: one.rule == MatchRule::Twins,
            one_in_passes: one.passes.map(whole),
            one_in_stopped: one.stopped.map(whole),
        });
        let texts =
            |group: Vec<boomgate_domain::plate::Plate>| group.iter().map(ToString::to_string).collect();
        Self {
            blocked: risk.blocked,
            rights: risk.rights,
            rules: rules.collect(),
            countries: risk.countries,
            together: risk.together.into_iter().map(texts).collect(),
        }
    }
}

fn whole(figure: f64) -> u64 {
    figure.round() as u64
}

/// A car that is inside for longer than cars should.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overstay {
    /// Of the stay.
    id: Uuid,
    /// Null for a car whose plate could not be read.
    plate: Option<String>,
    vehicle_type: Option<String>,
    entered_at: Timestamp,
    /// Code of the reason for which it was let in.
    entry_code: Option<String>,
    /// Code of the lane.
    entry_lane: Option<String>,
    /// How long it is inside.
    hours: i64,
}

impl Overstay {
    pub(crate) fn of(row: LongStay, now: Timestamp) -> Self {
        Self {
            id: row.id.as_uuid(),
            plate: row.plate,
            vehicle_type: row.vehicle_type,
            entered_at: row.entered_at,
            entry_code: row.entry_code,
            entry_lane: row.entry_lane,
            hours: now.duration_since(row.entered_at).as_hours(),
        }
    }
}
