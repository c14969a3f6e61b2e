//! Checking a tariff: every fault at once, each with the path of the field it is about.

use std::collections::BTreeSet;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::date;

use super::{Band, Day, Rule, Tariff, VehicleType};
use crate::reason::Lang;

/// One thing wrong with a tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TariffFault {
    /// Such as `rules[2].bands[0].price`.
    pub path: String,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the texts say what each means")]
pub enum FaultKind {
    Empty,
    PriceOutOfRange { price: i64 },
    ZeroCap,
    TwoCaps,
    Uncovered { vehicle: VehicleType },
    NeverApplies { rule: String },
    EmptyWindow,
    ZeroStep,
    EndMissing,
    LastBandEnds,
    EndTooEarly { until: u32, begins: u32 },
    VatTooHigh { basis_points: u32 },
    NoHolidays,
    EndsBeforeItBegins,
    TooMany { most: usize },
    TooLong { most: usize },
}

impl FaultKind {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::PriceOutOfRange { .. } => "PRICE-OUT-OF-RANGE",
            Self::ZeroCap => "ZERO-CAP",
            Self::TwoCaps => "TWO-CAPS",
            Self::Uncovered { .. } => "UNCOVERED",
            Self::NeverApplies { .. } => "NEVER-APPLIES",
            Self::EmptyWindow => "EMPTY-WINDOW",
            Self::ZeroStep => "ZERO-STEP",
            Self::EndMissing => "END-MISSING",
            Self::LastBandEnds => "LAST-BAND-ENDS",
            Self::EndTooEarly { .. } => "END-TOO-EARLY",
            Self::VatTooHigh { .. } => "VAT-TOO-HIGH",
            Self::NoHolidays => "NO-HOLIDAYS",
            Self::EndsBeforeItBegins => "ENDS-BEFORE-IT-BEGINS",
            Self::TooMany { .. } => "TOO-MANY",
            Self::TooLong { .. } => "TOO-LONG",
        }
    }

    /// What is wrong, as it follows the name of the field.
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Vi => self.vietnamese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Empty => "is empty".into(),
            Self::PriceOutOfRange { price } => format!("is {price}, not within 0 to {HIGHEST_PRICE}"),
            Self::ZeroCap => "is 0; leave it out for no cap".into(),
            Self::TwoCaps => "stands beside daily_cap; a stay has one kind of cap".into(),
            Self::Uncovered { vehicle } => {
                format!("no rule without days and window applies to {vehicle:?}: times would have no price")
            }
            Self::NeverApplies { rule } => format!(
                "{rule:?} never applies: rules before it take all its vehicles, days and times; put it before them"
            ),
            Self::EmptyWindow => "begins and ends at the same time; leave it out for the whole day".into(),
            Self::ZeroStep => "is 0".into(),
            Self::EndMissing => "is missing; only the last band may be open-ended".into(),
            Self::LastBandEnds => "ends the last band; time after it would be free".into(),
            Self::EndTooEarly { until, begins } => format!("is {until}, not after minute {begins}"),
            Self::VatTooHigh { basis_points } => format!("is {basis_points}, more than {HIGHEST_VAT}"),
            Self::NoHolidays => "names holidays, but the tariff has none".into(),
            Self::EndsBeforeItBegins => "ends before it begins".into(),
            Self::TooMany { most } => format!("has more than {most} entries"),
            Self::TooLong { most } => format!("has more than {most} characters"),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::Empty => "đang để trống".into(),
            Self::PriceOutOfRange { price } => {
                format!("là {price}, không nằm trong khoảng 0 đến {HIGHEST_PRICE}")
            }
            Self::ZeroCap => "là 0; hãy bỏ trống nếu không có mức trần".into(),
            Self::TwoCaps => "đứng cùng mức trần mỗi ngày; chỉ được có một loại mức trần".into(),
            Self::Uncovered { vehicle } => format!(
                "không có quy tắc nào không giới hạn ngày và giờ cho {}: sẽ có lúc không có giá",
                vehicle.words(Lang::Vi)
            ),
            Self::NeverApplies { rule } => format!(
                "{rule:?} không bao giờ được áp dụng: các quy tắc trước đã bao gồm mọi xe, ngày và giờ của nó; hãy đưa nó lên trước"
            ),
            Self::EmptyWindow => "bắt đầu và kết thúc cùng lúc; hãy bỏ trống nếu là cả ngày".into(),
            Self::ZeroStep => "là 0".into(),
            Self::EndMissing => "còn thiếu; chỉ bậc cuối được để ngỏ".into(),
            Self::LastBandEnds => "kết thúc bậc cuối; thời gian sau đó sẽ miễn phí".into(),
            Self::EndTooEarly { until, begins } => format!("là {until}, không sau phút {begins}"),
            Self::VatTooHigh { basis_points } => format!("là {basis_points}, lớn hơn {HIGHEST_VAT}"),
            Self::NoHolidays => "nêu ngày lễ, nhưng bảng giá không có ngày lễ nào".into(),
            Self::EndsBeforeItBegins => "kết thúc trước khi bắt đầu".into(),
            Self::TooMany { most } => format!("có hơn {most} mục"),
            Self::TooLong { most } => format!("có hơn {most} ký tự"),
        }
    }
}

impl fmt::Display for TariffFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.kind.text(Lang::En))
    }
}

/// Prices above this are typing errors, and sums of them cannot overflow within the longest stay.
const HIGHEST_PRICE: i64 = 1_000_000_000;

/// The VAT of no country is as high: 100 %.
const HIGHEST_VAT: u32 = 10_000;

/// More than a tariff needs; each costs time with every charge.
const MOST_RULES: usize = 50;
const MOST_BANDS: usize = 50;
const MOST_HOLIDAYS: usize = 400;

/// A name longer than this fits no sign.
const LONGEST_NAME: usize = 100;

impl Tariff {
    /// All faults; a tariff without any charges every stay of up to ten years.
    pub fn faults(&self) -> Vec<TariffFault> {
        let mut faults = Faults(Vec::new());
        faults.name("name", &self.name);
        faults.price("daily_cap", self.daily_cap);
        faults.price("lost_ticket", self.lost_ticket);
        faults.unless(self.daily_cap != Some(0), "daily_cap", || FaultKind::ZeroCap);
        faults.price("cap_24h", self.cap_24h);
        faults.unless(self.cap_24h != Some(0), "cap_24h", || FaultKind::ZeroCap);
        let one_cap = self.daily_cap.is_none() || self.cap_24h.is_none();
        faults.unless(one_cap, "cap_24h", || FaultKind::TwoCaps);
        faults.price("monthly_cap", self.monthly_cap);
        faults.unless(self.monthly_cap != Some(0), "monthly_cap", || FaultKind::ZeroCap);
        let vat = self.vat_basis_points.unwrap_or_default();
        faults.unless(vat <= HIGHEST_VAT, "vat_basis_points", || FaultKind::VatTooHigh { basis_points: vat });
        self.check_holidays(&mut faults);
        for vehicle in VehicleType::ALL {
            let covered = self.rules.iter().any(|rule| is_default(rule, vehicle));
            faults.unless(covered, "rules", || FaultKind::Uncovered { vehicle });
        }
        faults.at_most("rules", self.rules.len(), MOST_RULES);
        for (index, rule) in self.rules.iter().enumerate().take(MOST_RULES) {
            check_rule(&mut faults, &format!("rules[{index}]"), rule);
            let missing = rule.days.contains(&Day::Holiday) && self.holidays.is_empty();
            faults.unless(!missing, &format!("rules[{index}].days"), || FaultKind::NoHolidays);
        }
        if self.rules.len() <= MOST_RULES {
            self.check_order(&mut faults);
        }
        faults.0
    }

    fn check_holidays(&self, faults: &mut Faults) {
        faults.at_most("holidays", self.holidays.len(), MOST_HOLIDAYS);
        for (index, holiday) in self.holidays.iter().enumerate().take(MOST_HOLIDAYS) {
            faults.name(&format!("holidays[{index}].name"), &holiday.name);
            let fits = holiday.from <= holiday.until;
            faults.unless(fits, &format!("holidays[{index}].until"), || FaultKind::EndsBeforeItBegins);
        }
    }

    /// A rule behind others that take all its vehicles, days and times never applies.
    fn check_order(&self, faults: &mut Faults) {
        let used = self.rules_in_use();
        for (index, rule) in self.rules.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            let kind = || FaultKind::NeverApplies { rule: rule.name.clone() };
            faults.unless(false, &format!("rules[{index}]"), kind);
        }
    }

    /// The rules that are the first to fit some vehicle at some time of some weekday, be it a holiday or not.
    fn rules_in_use(&self) -> BTreeSet<usize> {
        let mut used = BTreeSet::new();
        let week = date(2024, 1, 1).series(1.day()).take(7);
        for (day, time) in week.flat_map(|day| self.cuts().into_iter().map(move |time| (day, time))) {
            for vehicle in VehicleType::ALL {
                // The day may be a holiday, the day before, or both.
                for holidays in [vec![], vec![day], day.yesterday().into_iter().collect()] {
                    let is_holiday = |date| holidays.contains(&date);
                    used.extend(
                        self.rules.iter().position(|rule| rule.applies(vehicle, day, time, is_holiday)),
                    );
                }
            }
        }
        used
    }
}

fn is_default(rule: &Rule, vehicle: VehicleType) -> bool {
    let for_vehicle = rule.vehicles.is_empty() || rule.vehicles.contains(&vehicle);
    for_vehicle && rule.days.is_empty() && rule.window.is_none()
}

fn check_rule(faults: &mut Faults, path: &str, rule: &Rule) {
    let empty_window = rule.window.is_some_and(|window| window.from == window.until);
    faults.name(&format!("{path}.name"), &rule.name);
    faults.unless(!empty_window, &format!("{path}.window"), || FaultKind::EmptyWindow);
    faults.unless(!rule.bands.is_empty(), &format!("{path}.bands"), || FaultKind::Empty);
    faults.at_most(&format!("{path}.bands"), rule.bands.len(), MOST_BANDS);
    let mut begins = 0;
    for (index, band) in rule.bands.iter().enumerate().take(MOST_BANDS) {
        let last = index.saturating_add(1) == rule.bands.len();
        check_band(faults, &format!("{path}.bands[{index}]"), *band, begins, last);
        begins = band.until_minute.unwrap_or(begins).max(begins);
    }
}

fn check_band(faults: &mut Faults, path: &str, band: Band, begins: u32, last: bool) {
    faults.price(&format!("{path}.price"), Some(band.price));
    faults.unless(band.step_minutes != Some(0), &format!("{path}.step_minutes"), || FaultKind::ZeroStep);
    let at = format!("{path}.until_minute");
    match band.until_minute {
        None => faults.unless(last, &at, || FaultKind::EndMissing),
        Some(_) if last => faults.unless(false, &at, || FaultKind::LastBandEnds),
        Some(until) => faults.unless(until > begins, &at, || FaultKind::EndTooEarly { until, begins }),
    }
}

struct Faults(Vec<TariffFault>);

impl Faults {
    fn unless(&mut self, holds: bool, path: &str, kind: impl FnOnce() -> FaultKind) {
        if !holds {
            self.0.push(TariffFault { path: path.to_owned(), kind: kind() });
        }
    }

    fn price(&mut self, path: &str, price: Option<i64>) {
        let price = price.unwrap_or_default();
        let fits = (0..=HIGHEST_PRICE).contains(&price);
        self.unless(fits, path, || FaultKind::PriceOutOfRange { price });
    }

    fn name(&mut self, path: &str, name: &str) {
        self.unless(!name.trim().is_empty(), path, || FaultKind::Empty);
        let short = name.chars().count() <= LONGEST_NAME;
        self.unless(short, path, || FaultKind::TooLong { most: LONGEST_NAME });
    }

    fn at_most(&mut self, path: &str, count: usize, most: usize) {
        self.unless(count <= most, path, || FaultKind::TooMany { most });
    }
}
