//! Walking a stay along the local calendar, step by step, into lines.
//!
//! Each local day is cut at midnight and at every window's ends. A piece of a day has one rule; a step or flat belongs
//! to the rule, band and day in which it begins and runs to its end even beyond them. A cut inside a skipped hour
//! falls on the moment the clocks jump; one inside a repeated hour on its first occurrence. A cap counts what begins
//! within its period: a local day, or 24 hours from where charging begins.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::{
    Band, Charge, ChargeError, ChargeLine, Day, LONGEST_STAY_DAYS, LineKind, Prior, Rule, Tariff, Vat,
    VehicleType, Window,
};
use crate::money::Money;

const DAY_SECONDS: i64 = 86_400;

impl Tariff {
    /// The price of a stay from `entry` to `until`, explained. An exit before the entry counts as one at once.
    pub fn charge(
        &self,
        entry: Timestamp,
        until: Timestamp,
        vehicle: VehicleType,
        time_zone: &TimeZone,
    ) -> Result<Charge, ChargeError> {
        self.charge_after(entry, until, vehicle, time_zone, &Prior::default())
    }

    /// The same of a vehicle that was charged before, or whose stay was validated.
    pub fn charge_after(
        &self,
        entry: Timestamp,
        until: Timestamp,
        vehicle: VehicleType,
        time_zone: &TimeZone,
        prior: &Prior,
    ) -> Result<Charge, ChargeError> {
        let until = until.max(entry);
        let seconds = seconds_between(entry, until);
        if seconds > LONGEST_STAY_DAYS.saturating_mul(DAY_SECONDS) {
            return Err(ChargeError::TooLong);
        }
        let mut bill = Bill { tariff: self, lines: Vec::new() };
        if self.grace_minutes > 0 && seconds <= in_seconds(self.grace_minutes) {
            bill.free(LineKind::Grace, "grace", entry, until);
            return bill.total(seconds);
        }
        if seconds == 0 {
            // No time was parked: there is nothing to charge, and nothing to explain.
            return bill.total(seconds);
        }
        let begin = later(entry, in_seconds(self.free_minutes))?;
        bill.free(LineKind::Free, "free minutes", entry, begin.min(until));
        let month_minor = prior.month_minor;
        let walk = Walk { tariff: self, vehicle, time_zone, entry, begin, until, month_minor };
        walk.fill(&mut bill)?;
        walk.take_off(prior, &mut bill)?;
        bill.total(seconds)
    }

    /// The rule that applies to a vehicle at a local time: the first that fits.
    pub(super) fn rule_at(&self, vehicle: VehicleType, date: Date, time: Time) -> Option<&Rule> {
        let is_holiday = |date| self.holiday(date).is_some();
        self.rules.iter().find(|rule| rule.applies(vehicle, date, time, is_holiday))
    }

    /// The times of day at which another rule may begin to apply, midnight first.
    pub(super) fn cuts(&self) -> Vec<Time> {
        let windows = self.rules.iter().filter_map(|rule| rule.window);
        let mut cuts: Vec<Time> = windows.flat_map(|w| [w.from, w.until]).chain([Time::midnight()]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// What is asked of someone whose entry cannot be found; none if the tariff has no such price.
    pub fn lost_ticket_charge(&self, at: Timestamp) -> Option<Charge> {
        let amount = Money::new(self.lost_ticket?, self.currency);
        let line = ChargeLine {
            kind: LineKind::LostTicket,
            label: "lost ticket".to_owned(),
            from: at,
            until: at,
            minutes: 0,
            steps: 0,
            step_minutes: None,
            unit: amount,
            amount,
        };
        let vat = self.vat_basis_points.map(|rate| Vat::included(amount, rate));
        Some(Charge { total: amount, minutes: 0, lines: vec![line], vat })
    }
}

impl Rule {
    /// Whether it is for this vehicle at this local time.
    pub(super) fn applies(
        &self,
        vehicle: VehicleType,
        date: Date,
        time: Time,
        is_holiday: impl Fn(Date) -> bool,
    ) -> bool {
        let for_vehicle = self.vehicles.is_empty() || self.vehicles.contains(&vehicle);
        let day = window_day(self.window, date, time);
        for_vehicle && day.is_some_and(|day| self.days.is_empty() || has_day(self, day, is_holiday))
    }
}

/// The lines so far.
pub(super) struct Bill<'a> {
    pub(super) tariff: &'a Tariff,
    pub(super) lines: Vec<ChargeLine>,
}

impl Bill<'_> {
    fn free(&mut self, kind: LineKind, label: &str, from: Timestamp, until: Timestamp) {
        if from < until {
            self.flat(kind, label, (from, until), Money::zero(self.tariff.currency));
        }
    }

    /// Adds steps, joining them to the line before when they continue it.
    fn push(&mut self, line: ChargeLine) -> Result<(), ChargeError> {
        match self.lines.last_mut() {
            Some(last) if continues(last, &line) => {
                last.until = line.until;
                last.minutes = minutes_between(last.from, last.until);
                last.steps = last.steps.saturating_add(line.steps);
                last.amount = last.amount.checked_add(line.amount).map_err(|_| ChargeError::Overflow)?;
            }
            _ => self.lines.push(line),
        }
        Ok(())
    }

    /// A line that takes `off` away.
    pub(super) fn less(&mut self, kind: LineKind, label: &str, time: (Timestamp, Timestamp), off: i64) {
        let amount = Money::new(off.saturating_neg(), self.tariff.currency);
        self.flat(kind, label, time, amount);
    }

    /// What the lines amount to so far, caps taken off.
    pub(super) fn spent(&self) -> Result<i64, ChargeError> {
        let amounts = self.lines.iter().map(|line| line.amount);
        Ok(Money::sum(self.tariff.currency, amounts).map_err(|_| ChargeError::Overflow)?.minor)
    }

    /// A line without steps.
    fn flat(&mut self, kind: LineKind, label: &str, (from, until): (Timestamp, Timestamp), amount: Money) {
        self.lines.push(ChargeLine {
            kind,
            label: label.to_owned(),
            from,
            until,
            minutes: minutes_between(from, until),
            steps: 0,
            step_minutes: None,
            unit: amount,
            amount,
        });
    }

    fn total(self, seconds: i64) -> Result<Charge, ChargeError> {
        let amounts = self.lines.iter().map(|line| line.amount);
        let total = Money::sum(self.tariff.currency, amounts).map_err(|_| ChargeError::Overflow)?;
        let vat = self.tariff.vat_basis_points.map(|rate| Vat::included(total, rate));
        Ok(Charge { total, minutes: whole_minutes(seconds), lines: self.lines, vat })
    }
}

fn continues(last: &ChargeLine, next: &ChargeLine) -> bool {
    last.kind == LineKind::Rate
        && next.kind == LineKind::Rate
        && last.step_minutes.is_some()
        && (&last.label, last.step_minutes, last.unit) == (&next.label, next.step_minutes, next.unit)
        && last.until == next.from
}

/// A stay's charged time along the calendar.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) tariff: &'a Tariff,
    vehicle: VehicleType,
    time_zone: &'a TimeZone,
    entry: Timestamp,
    /// Where charging begins: entry and free minutes.
    pub(super) begin: Timestamp,
    pub(super) until: Timestamp,
    /// What earlier stays of the vehicle were charged in the month of the entry.
    month_minor: i64,
}

/// A part of a local day under one rule.
struct Piece<'a> {
    rule: &'a Rule,
    end: Timestamp,
}

impl Walk<'_> {
    /// What the first `minutes` of charged time amount to, caps taken off.
    pub(super) fn price_of_first(&self, minutes: u32) -> Result<i64, ChargeError> {
        let until = later(self.begin, in_seconds(minutes))?.min(self.until);
        let mut bill = Bill { tariff: self.tariff, lines: Vec::new() };
        Self { until, ..*self }.fill(&mut bill)?;
        bill.spent()
    }

    fn fill(&self, bill: &mut Bill<'_>) -> Result<(), ChargeError> {
        let mut date = self.time_zone.to_datetime(self.begin).date();
        let mut walker = Walker { at: self.begin, flat: None };
        let mut caps = Caps::begin(self, bill)?;
        let mut last_rule: Option<&Rule> = None;
        while walker.at < self.until {
            for piece in self.pieces(date)? {
                if !last_rule.is_some_and(|last| std::ptr::eq(last, piece.rule)) {
                    walker.flat = None;
                }
                last_rule = Some(piece.rule);
                self.walk_capped(&mut walker, &piece, &mut caps, bill)?;
            }
            date = date.tomorrow().map_err(|_| ChargeError::TooLong)?;
        }
        caps.apply(self, walker.at, bill)
    }

    /// Charges what begins within `piece`, cut where a capped period ends.
    fn walk_capped(
        &self,
        walker: &mut Walker,
        piece: &Piece<'_>,
        caps: &mut Caps,
        bill: &mut Bill<'_>,
    ) -> Result<(), ChargeError> {
        loop {
            let part = Piece { rule: piece.rule, end: piece.end.min(caps.ends()) };
            self.walk(walker, &part, bill)?;
            if walker.at >= caps.ends() {
                caps.apply(self, walker.at, bill)?;
                caps.renew(self, walker.at, bill)?;
            }
            if walker.at >= piece.end.min(self.until) {
                return Ok(());
            }
        }
    }

    /// The day's or the 24 hours' capped period in which a step that begins at `at` lies.
    fn day_period(&self, at: Timestamp, spent_before: i64) -> Result<Option<CapPeriod>, ChargeError> {
        let (kind, limit, ends) = if let Some(cap) = self.tariff.daily_cap {
            let date = self.time_zone.to_datetime(at).date();
            let tomorrow = date.tomorrow().map_err(|_| ChargeError::TooLong)?;
            (LineKind::Cap, cap, self.instant(tomorrow.at(0, 0, 0, 0)))
        } else if let Some(cap) = self.tariff.cap_24h {
            let whole = seconds_between(self.begin, at).div_euclid(DAY_SECONDS).saturating_add(1);
            (LineKind::Cap24h, cap, later(self.begin, whole.saturating_mul(DAY_SECONDS))?)
        } else {
            return Ok(None);
        };
        Ok(Some(CapPeriod { kind, limit, since: at, ends, spent_before }))
    }

    /// The capped month in which a step that begins at `at` lies. Of the month of the entry the earlier stays count, too.
    fn month_period(&self, at: Timestamp, spent_before: i64) -> Result<Option<CapPeriod>, ChargeError> {
        let Some(cap) = self.tariff.monthly_cap else { return Ok(None) };
        let date = self.time_zone.to_datetime(at).date();
        let next = date.last_of_month().tomorrow().map_err(|_| ChargeError::TooLong)?;
        let ends = self.instant(next.at(0, 0, 0, 0));
        let with_entry =
            self.time_zone.to_datetime(self.entry).date().first_of_month() == date.first_of_month();
        let earlier = if with_entry { self.month_minor.max(0) } else { 0 };
        let limit = cap.saturating_sub(earlier).max(0);
        Ok(Some(CapPeriod { kind: LineKind::MonthlyCap, limit, since: at, ends, spent_before }))
    }

    /// Charges what begins within `piece`.
    fn walk(&self, walker: &mut Walker, piece: &Piece<'_>, bill: &mut Bill<'_>) -> Result<(), ChargeError> {
        let stop = piece.end.min(self.until);
        while walker.at < stop {
            let (number, band) = self.band(piece.rule, walker.at)?;
            let band_end = match band.until_minute {
                Some(minute) => later(self.begin, in_seconds(minute))?,
                None => Timestamp::MAX,
            };
            let from = walker.at;
            match band.step_minutes.filter(|step| *step > 0) {
                Some(step) => {
                    let steps = steps_until(from, stop.min(band_end), step);
                    walker.at = later(from, steps.saturating_mul(in_seconds(step)))?;
                    bill.push(self.line(piece.rule, band, from, walker.at, steps)?)?;
                }
                None => {
                    walker.at = piece.end.min(band_end);
                    let paid = walker.flat.replace(number) == Some(number);
                    if !paid {
                        bill.push(self.line(piece.rule, band, from, walker.at, 1)?)?;
                    } else if let Some(last) = bill.lines.iter_mut().rev().find(|l| l.kind == LineKind::Rate)
                    {
                        last.until = walker.at.min(self.until);
                        last.minutes = minutes_between(last.from, last.until);
                    }
                }
            }
        }
        Ok(())
    }

    fn band<'r>(&self, rule: &'r Rule, at: Timestamp) -> Result<(usize, &'r Band), ChargeError> {
        let minute = seconds_between(self.begin, at) / 60;
        let open = |band: &Band| band.until_minute.is_none_or(|until| minute < i64::from(until));
        let mut bands = rule.bands.iter().enumerate();
        bands.find(|(_, band)| open(band)).ok_or(ChargeError::NoRule(at))
    }

    fn line(
        &self,
        rule: &Rule,
        band: &Band,
        from: Timestamp,
        until: Timestamp,
        steps: i64,
    ) -> Result<ChargeLine, ChargeError> {
        let unit = Money::new(band.price, self.tariff.currency);
        let until = until.min(self.until);
        Ok(ChargeLine {
            kind: LineKind::Rate,
            label: rule.name.clone(),
            from,
            until,
            minutes: minutes_between(from, until),
            steps: u32::try_from(steps).unwrap_or(u32::MAX),
            step_minutes: band.step_minutes,
            unit,
            amount: unit.checked_mul(steps).map_err(|_| ChargeError::Overflow)?,
        })
    }

    /// The day's pieces in order; together they reach from local midnight to the next.
    fn pieces(&self, date: Date) -> Result<Vec<Piece<'_>>, ChargeError> {
        let cuts = self.tariff.cuts();
        let tomorrow = date.tomorrow().map_err(|_| ChargeError::TooLong)?.at(0, 0, 0, 0);
        let ends = cuts.iter().skip(1).map(|cut| date.to_datetime(*cut)).chain([tomorrow]);
        let piece = |(cut, end): (&Time, DateTime)| {
            let rule =
                self.rule(date, *cut).ok_or(ChargeError::NoRule(self.instant(date.to_datetime(*cut))))?;
            Ok(Piece { rule, end: self.instant(end) })
        };
        cuts.iter().zip(ends).map(piece).collect()
    }

    fn rule(&self, date: Date, time: Time) -> Option<&Rule> {
        self.tariff.rule_at(self.vehicle, date, time)
    }

    fn instant(&self, local: DateTime) -> Timestamp {
        let ambiguous = self.time_zone.to_ambiguous_timestamp(local);
        let first = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier(),
            AmbiguousOffset::Gap { .. } => ambiguous.earlier().map(|before| self.jump_after(before)),
        };
        first.unwrap_or(Timestamp::MAX)
    }

    /// The next change of the clocks.
    fn jump_after(&self, before: Timestamp) -> Timestamp {
        self.time_zone.following(before).next().map_or(before, |jump| jump.timestamp())
    }
}

/// Where charging has got to, and the flat band that is already paid in this window.
struct Walker {
    at: Timestamp,
    flat: Option<usize>,
}

/// The capped periods under way: a day or 24 hours, and a month.
struct Caps {
    day: Option<CapPeriod>,
    month: Option<CapPeriod>,
}

/// A time within which no more than the cap is charged; what begins in it counts.
struct CapPeriod {
    kind: LineKind,
    limit: i64,
    since: Timestamp,
    ends: Timestamp,
    /// What the bill amounted to before it.
    spent_before: i64,
}

impl Caps {
    fn begin(walk: &Walk<'_>, bill: &Bill<'_>) -> Result<Self, ChargeError> {
        let spent = bill.spent()?;
        Ok(Self { day: walk.day_period(walk.begin, spent)?, month: walk.month_period(walk.begin, spent)? })
    }

    fn periods(&self) -> impl Iterator<Item = &CapPeriod> {
        self.day.iter().chain(&self.month)
    }

    /// Where the first of them ends.
    fn ends(&self) -> Timestamp {
        self.periods().map(|period| period.ends).min().unwrap_or(Timestamp::MAX)
    }

    /// Takes off what is too much so far. A period that goes on takes off no more than once: what was taken off is in what
    /// was spent.
    fn apply(&self, walk: &Walk<'_>, at: Timestamp, bill: &mut Bill<'_>) -> Result<(), ChargeError> {
        for period in self.periods() {
            let excess = bill.spent()?.saturating_sub(period.spent_before).saturating_sub(period.limit);
            if excess > 0 {
                let label = period.kind.setting();
                bill.less(period.kind, label, (period.since, at.min(walk.until)), excess);
            }
        }
        Ok(())
    }

    /// Begins anew what has ended at `at`.
    fn renew(&mut self, walk: &Walk<'_>, at: Timestamp, bill: &Bill<'_>) -> Result<(), ChargeError> {
        let spent = bill.spent()?;
        if self.day.as_ref().is_some_and(|day| day.ends <= at) {
            self.day = walk.day_period(at, spent)?;
        }
        if self.month.as_ref().is_some_and(|month| month.ends <= at) {
            self.month = walk.month_period(at, spent)?;
        }
        Ok(())
    }
}

/// The day to which `time` belongs in a window, if it is inside.
fn window_day(window: Option<Window>, date: Date, time: Time) -> Option<Date> {
    match window {
        None => Some(date),
        Some(Window { from, until }) if from < until => (from <= time && time < until).then_some(date),
        Some(Window { from, .. }) if from <= time => Some(date),
        Some(Window { until, .. }) if time < until => date.yesterday().ok(),
        Some(_) => None,
    }
}

fn has_day(rule: &Rule, date: Date, is_holiday: impl Fn(Date) -> bool) -> bool {
    rule.days.iter().any(|day| match day {
        Day::Holiday => is_holiday(date),
        Day::Mon | Day::Tue | Day::Wed | Day::Thu | Day::Fri | Day::Sat | Day::Sun => {
            day.weekday() == Some(date.weekday())
        }
    })
}

/// Steps that begin before `stop`.
fn steps_until(from: Timestamp, stop: Timestamp, step_minutes: u32) -> i64 {
    let step = in_seconds(step_minutes.max(1)).unsigned_abs();
    let seconds = seconds_between(from, stop).max(1).unsigned_abs();
    i64::try_from(seconds.div_ceil(step)).unwrap_or(i64::MAX)
}

fn seconds_between(from: Timestamp, until: Timestamp) -> i64 {
    until.as_second().saturating_sub(from.as_second())
}

fn in_seconds(minutes: u32) -> i64 {
    i64::from(minutes).saturating_mul(60)
}

fn later(from: Timestamp, seconds: i64) -> Result<Timestamp, ChargeError> {
    from.checked_add(SignedDuration::from_secs(seconds)).map_err(|_| ChargeError::TooLong)
}

fn minutes_between(from: Timestamp, until: Timestamp) -> u32 {
    whole_minutes(seconds_between(from, until))
}

fn whole_minutes(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0).saturating_add(59) / 60).unwrap_or(u32::MAX)
}
