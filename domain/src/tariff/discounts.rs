//! What is taken off a price: time that a validation makes free or that was paid before, percents, amounts.
//!
//! Free time takes off what the first minutes of charged time cost, then percents of what is left, then amounts, each
//! as a line of its own. None of them can make a longer stay cheaper or a price negative.

use jiff::SignedDuration;

use super::charging::{Bill, Walk};
use super::prior::{Benefit, Prior, Validation};
use super::{ChargeError, LineKind};

impl Walk<'_> {
    /// Takes off what the validations give.
    pub(super) fn take_off(&self, prior: &Prior, bill: &mut Bill<'_>) -> Result<(), ChargeError> {
        if self.begin >= self.until {
            return Ok(());
        }
        self.take_time(prior, bill)?;
        for validation in &prior.validations {
            if let Benefit::Percent { percent } = validation.benefit {
                let label = format!("{} ({percent} %)", validation.code);
                self.take(bill, &label, validation, |left| part(left, percent))?;
            }
        }
        for validation in &prior.validations {
            if let Benefit::Amount { minor } = validation.benefit {
                self.take(bill, &validation.code, validation, |_| minor)?;
            }
        }
        Ok(())
    }

    /// What was paid before is used last, so that as much as possible of it is left.
    fn take_time(&self, prior: &Prior, bill: &mut Bill<'_>) -> Result<(), ChargeError> {
        let (mut minutes, mut priced) = (0_u32, 0);
        for wanted in [LineKind::FreeTime, LineKind::Prepaid] {
            for (validation, more) in prior.validations.iter().filter_map(|one| time_of(one, wanted)) {
                let from = self.after(minutes);
                minutes = minutes.saturating_add(more);
                let price = self.price_of_first(minutes)?;
                let off = within(price.saturating_sub(priced), validation.most_off);
                priced = price;
                bill.less(wanted, &validation.code, (from, self.after(minutes)), off);
            }
        }
        Ok(())
    }

    fn take(
        &self,
        bill: &mut Bill<'_>,
        label: &str,
        validation: &Validation,
        off: impl FnOnce(i64) -> i64,
    ) -> Result<(), ChargeError> {
        let left = bill.spent()?.max(0);
        let off = within(off(left), validation.most_off).clamp(0, left);
        bill.less(LineKind::Discount, label, (self.begin, self.until), off);
        Ok(())
    }

    fn after(&self, minutes: u32) -> jiff::Timestamp {
        let time = SignedDuration::from_mins(i64::from(minutes));
        self.begin.checked_add(time).map_or(self.until, |at| at.min(self.until))
    }
}

const fn time_of(validation: &Validation, wanted: LineKind) -> Option<(&Validation, u32)> {
    match (validation.benefit, wanted) {
        (Benefit::FreeTime { minutes }, LineKind::FreeTime)
        | (Benefit::Prepaid { minutes }, LineKind::Prepaid) => Some((validation, minutes)),
        (
            Benefit::Amount { .. }
            | Benefit::Percent { .. }
            | Benefit::FreeTime { .. }
            | Benefit::Prepaid { .. },
            _,
        ) => None,
    }
}

fn within(off: i64, most: Option<i64>) -> i64 {
    most.map_or(off, |most| off.min(most.max(0)))
}

/// So many percent of `left`, rounded half up.
fn part(left: i64, percent: u8) -> i64 {
    let off =
        i128::from(left).saturating_mul(i128::from(percent.min(100))).saturating_add(50).div_euclid(100);
    i64::try_from(off).unwrap_or(left)
}
