//! A stay: one car inside, from the passage in to the passage out, with what was paid for it.
//!
//! Only a passage opens or closes a stay; a decision merely proposes. Money is recorded here as facts that the
//! ledger holds; this module books nothing.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::direction::Direction;
use crate::ids::{ArrivalId, PaymentId, StayId};
use crate::money::{Money, MoneyError};
use crate::plate::Plate;
use crate::tariff::{Prior, Tariff, VehicleType};

/// Where a stay is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StayStatus {
    /// The car is inside.
    Open,
    /// The car was seen leaving.
    Closed,
    /// Ended by a person or a job: lost, reset, entered twice. Nothing is known about the exit.
    Voided,
}

/// A settled payment for a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The payment.
    pub id: PaymentId,
    /// What was paid.
    pub amount: Money,
    /// When it was settled.
    pub at: Timestamp,
}

/// An open stay with what a decision needs of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stay {
    /// The stay.
    pub id: StayId,
    /// None for a car that entered with a ticket because its plate was not read.
    pub plate: Option<Plate>,
    /// The arrival that brought it in.
    pub arrival: ArrivalId,
    /// When the entry's passage happened.
    pub entered_at: Timestamp,
    /// By which it is charged.
    pub vehicle: VehicleType,
    /// Where it is in its life.
    pub status: StayStatus,
    /// The version in force at entry; none where the site charges nothing.
    pub tariff: Option<Arc<Tariff>>,
    /// Oldest first.
    pub payments: Vec<Payment>,
    /// Until when a paid driver may leave without paying again.
    pub exit_deadline: Option<Timestamp>,
    /// It stands for a car whose ticket and entry cannot be found: the tariff has a price for that, whatever the time.
    pub is_lost: bool,
    /// What the vehicle was charged before, and what was redeemed for this stay.
    pub prior: Prior,
}

/// Why a change to a stay is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum StayError {
    #[error("stay is {0:?}, not open")]
    NotOpen(StayStatus),
    #[error("payment is recorded already")]
    Repeated,
    #[error("payment of {0} is not positive")]
    NotPositive(Money),
    #[error("payment does not fit the stay's currency")]
    Money(#[from] MoneyError),
}

impl Stay {
    /// A stay opened by an entry passage.
    pub fn opened(id: StayId, arrival: ArrivalId, plate: Option<Plate>, entered_at: Timestamp) -> Self {
        Self {
            id,
            plate,
            arrival,
            entered_at,
            vehicle: VehicleType::Car,
            status: StayStatus::Open,
            tariff: None,
            payments: Vec::new(),
            exit_deadline: None,
            is_lost: false,
            prior: Prior::default(),
        }
    }

    /// Records a settled payment; the exit time of the pinned tariff begins with it.
    pub fn record_payment(&mut self, payment: Payment) -> Result<(), StayError> {
        self.must_be_open()?;
        if self.payments.iter().any(|known| known.id == payment.id) {
            return Err(StayError::Repeated);
        }
        if !payment.amount.is_positive() {
            return Err(StayError::NotPositive(payment.amount));
        }
        if let Some(tariff) = &self.tariff {
            self.paid_in(tariff.currency)?.checked_add(payment.amount)?;
        }
        self.exit_deadline = self.exit_deadline.max(Some(exit_deadline(payment.at, self.tariff.as_deref())));
        self.payments.push(payment);
        Ok(())
    }

    /// Closes the stay by an exit passage, or voids it by a person.
    pub fn end(&mut self, status: StayStatus) -> Result<(), StayError> {
        self.must_be_open()?;
        self.status = status;
        Ok(())
    }

    /// What was paid so far, in the tariff's currency.
    pub fn paid_in(&self, currency: crate::money::Currency) -> Result<Money, MoneyError> {
        Money::sum(currency, self.payments.iter().map(|payment| payment.amount))
    }

    /// Whether a driver who paid `paid` may still leave without paying more.
    pub fn may_still_leave(&self, paid: Money, now: Timestamp) -> bool {
        paid.is_positive() && self.exit_deadline.is_some_and(|deadline| now <= deadline)
    }

    const fn must_be_open(&self) -> Result<(), StayError> {
        match self.status {
            StayStatus::Open => Ok(()),
            status @ (StayStatus::Closed | StayStatus::Voided) => Err(StayError::NotOpen(status)),
        }
    }
}

/// Until when someone who paid at `paid_at` may leave under `tariff`.
pub fn exit_deadline(paid_at: Timestamp, tariff: Option<&Tariff>) -> Timestamp {
    let minutes = tariff.map_or(0, |tariff| tariff.exit_time_minutes);
    let time = SignedDuration::from_mins(i64::from(minutes));
    paid_at.checked_add(time).unwrap_or(Timestamp::MAX)
}

/// How a passage ended, as the lane saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassageKind {
    /// Through the boom in the lane's direction.
    Passed,
    /// A further car on the same opening.
    Tailgated,
    /// Under the boom and back again: the number of cars inside is unchanged.
    BackedOut,
    /// Through the boom against the lane's direction.
    WrongWay,
}

/// What a passage does to stays and to the number of cars inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassageEffect {
    /// A stay begins; one car more is inside.
    OpensStay,
    /// The stay that was decided on ends; one car less.
    ClosesStay,
    /// Nothing.
    None,
}

impl PassageKind {
    /// Effect in a lane of `direction`. Who the car was is the arrival's matter: a tailgater has none.
    pub const fn effect(self, direction: Direction) -> PassageEffect {
        match (self, direction) {
            (Self::Passed | Self::Tailgated, Direction::Entry) => PassageEffect::OpensStay,
            (Self::Passed | Self::Tailgated, Direction::Exit) => PassageEffect::ClosesStay,
            // A device reports for its lane's direction only: a passage against it is an alarm and changes no stay.
            (Self::BackedOut | Self::WrongWay, Direction::Entry | Direction::Exit) => PassageEffect::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use uuid::Uuid;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    fn stay() -> Stay {
        Stay::opened(StayId::from(Uuid::from_u128(1)), ArrivalId::from(Uuid::from_u128(2)), None, at(0))
    }

    fn payment(id: u128, minor: i64, minute: i64) -> Payment {
        let id = PaymentId::from(Uuid::from_u128(id));
        Payment { id, amount: Money::new(minor, Currency::EUR), at: at(minute) }
    }

    #[test]
    fn a_payment_counts_once_and_only_while_open() {
        let mut stay = stay();
        stay.record_payment(payment(1, 500, 10)).unwrap();
        assert_eq!(stay.record_payment(payment(1, 500, 10)), Err(StayError::Repeated));
        assert!(matches!(stay.record_payment(payment(2, 0, 10)), Err(StayError::NotPositive(_))));
        assert_eq!(stay.paid_in(Currency::EUR).unwrap(), Money::new(500, Currency::EUR));
        assert!(stay.paid_in(Currency::VND).is_err());
        stay.end(StayStatus::Closed).unwrap();
        assert_eq!(stay.record_payment(payment(3, 5, 11)), Err(StayError::NotOpen(StayStatus::Closed)));
        assert_eq!(stay.end(StayStatus::Voided), Err(StayError::NotOpen(StayStatus::Closed)));
    }

    #[test]
    fn an_older_payment_that_arrives_late_does_not_shorten_the_exit_time() {
        let mut stay = stay();
        stay.record_payment(payment(1, 500, 10)).unwrap();
        stay.record_payment(payment(2, 500, 5)).unwrap();
        assert_eq!(stay.exit_deadline, Some(at(10)));
    }

    #[test]
    fn passages_open_and_close_by_direction() {
        use Direction::{Entry, Exit};
        use PassageKind::{BackedOut, Passed, Tailgated, WrongWay};
        assert_eq!(Passed.effect(Entry), PassageEffect::OpensStay);
        assert_eq!(Tailgated.effect(Exit), PassageEffect::ClosesStay);
        assert_eq!(WrongWay.effect(Entry), PassageEffect::None);
        assert_eq!(WrongWay.effect(Exit), PassageEffect::None);
        assert_eq!(BackedOut.effect(Exit), PassageEffect::None);
    }
}
