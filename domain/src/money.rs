//! Money: whole minor units and an ISO 4217 currency, checked arithmetic, no floating point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a sum or a text is not money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum MoneyError {
    #[error("{0:?} is not an ISO 4217 currency code")]
    UnknownCurrency(String),
    #[error("cannot combine {left} and {right}")]
    Currencies { left: Currency, right: Currency },
    #[error("amount is too large")]
    Overflow,
    #[error("{0:?} is not an amount such as \"12.50 EUR\"")]
    Text(String),
}

/// An active ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Codes of circulating money (ISO 4217, list one), without funds, metals and test codes.
const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF \
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF \
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK \
MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR \
SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED \
VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";
const NO_DIGITS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE_DIGITS: &str = "BHD IQD JOD KWD LYD OMR TND";

impl Currency {
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");
    /// US dollar.
    pub const USD: Self = Self(*b"USD");
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP");
    /// Czech koruna.
    pub const CZK: Self = Self(*b"CZK");
    /// Vietnamese dong, without minor units.
    pub const VND: Self = Self(*b"VND");

    /// Takes an upper-case active ISO 4217 code.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let bytes: Option<[u8; 3]> = code.as_bytes().try_into().ok();
        match bytes {
            Some(bytes) if listed(CODES, code) => Ok(Self(bytes)),
            _ => Err(MoneyError::UnknownCurrency(code.chars().take(12).collect())),
        }
    }

    /// All active currencies, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.split(' ').filter_map(|code| Some(Self(code.as_bytes().try_into().ok()?)))
    }

    /// The three letters of ISO 4217.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimal places of the minor unit: 2 for EUR, 0 for VND, 3 for KWD.
    pub fn minor_digits(&self) -> u32 {
        match self.as_str() {
            code if listed(NO_DIGITS, code) => 0,
            code if listed(THREE_DIGITS, code) => 3,
            _ => 2,
        }
    }
}

fn listed(list: &str, code: &str) -> bool {
    list.split(' ').any(|entry| entry == code)
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::parse(code)
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.as_str().to_owned()
    }
}

/// An amount in minor units (cents, or whole dong): `1250 EUR` minor is written "12.50 EUR".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Amount in minor units; may be negative.
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// An amount in minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in this currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Whether the amount is 0.
    pub const fn is_zero(&self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is above 0.
    pub const fn is_positive(&self) -> bool {
        self.minor > 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`], [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with_minor(self.minor.checked_add(other.minor))
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`], [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with_minor(self.minor.checked_sub(other.minor))
    }

    /// The multiple.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn checked_mul(self, factor: i64) -> Result<Self, MoneyError> {
        self.with_minor(self.minor.checked_mul(factor))
    }

    /// The sum of `amounts`, or zero of `currency` when there are none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::Currencies { left: self.currency, right: other.currency })
    }

    fn with_minor(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor.map(|minor| Self::new(minor, self.currency)).ok_or(MoneyError::Overflow)
    }
}

impl PartialOrd for Money {
    /// Amounts of different currencies have no order.
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.currency.minor_digits();
        let (amount, unit) = (self.minor.unsigned_abs(), 10u64.pow(digits));
        #[expect(clippy::arithmetic_side_effects, reason = "a power of ten is never zero")]
        let (whole, rest) = (amount / unit, amount % unit);
        match digits {
            0 => write!(f, "{sign}{whole} {}", self.currency),
            _ => write!(f, "{sign}{whole}.{rest:0width$} {}", self.currency, width = digits as usize),
        }
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads what `Display` writes: sign, whole units, exactly the currency's decimals, one space, code.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let refuse = || MoneyError::Text(text.chars().take(40).collect());
        let (number, code) = text.split_once(' ').ok_or_else(refuse)?;
        let currency = Currency::parse(code)?;
        let minor = parse_minor(number, currency.minor_digits() as usize).ok_or_else(refuse)?;
        Ok(Self::new(minor, currency))
    }
}

fn parse_minor(number: &str, digits: usize) -> Option<i64> {
    let (sign, unsigned) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, decimals) = match digits {
        0 => (unsigned, ""),
        _ => unsigned.split_once('.')?,
    };
    let plain = !whole.is_empty() && whole.bytes().chain(decimals.bytes()).all(|b| b.is_ascii_digit());
    (plain && decimals.len() == digits).then(|| format!("{sign}{whole}{decimals}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_currencies_are_those_that_are_read() {
        let all: Vec<Currency> = Currency::all().collect();
        assert_eq!(all.len(), 155);
        assert!(all.iter().all(|currency| Currency::parse(currency.as_str()) == Ok(*currency)));
        assert!(all.contains(&Currency::VND) && all.is_sorted());
        assert_eq!(format!("{:?}", Currency::VND), "VND");
    }

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        assert_eq!(Money::new(1250, Currency::EUR).to_string(), "12.50 EUR");
        assert_eq!(Money::new(-5, Currency::EUR).to_string(), "-0.05 EUR");
        assert_eq!(Money::new(120_000, Currency::VND).to_string(), "120000 VND");
        assert_eq!(Money::new(1_001, Currency::parse("KWD").unwrap()).to_string(), "1.001 KWD");
    }

    #[test]
    fn wrong_texts_and_currencies_are_refused() {
        for text in
            ["12.5 EUR", "12 EUR", "1.50 VND", "12.50", "1,50 EUR", ".50 EUR", "+1.00 EUR", "1.00 eur"]
        {
            assert!(text.parse::<Money>().is_err(), "{text} was taken");
        }
        assert_eq!(
            Currency::parse("XXX").unwrap_err().to_string(),
            "\"XXX\" is not an ISO 4217 currency code"
        );
        let mixed = Money::new(1, Currency::EUR).checked_add(Money::new(1, Currency::USD));
        assert_eq!(mixed.unwrap_err().to_string(), "cannot combine EUR and USD");
    }

    #[test]
    fn sums_that_overflow_are_refused() {
        let most = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(most.checked_add(Money::new(1, Currency::EUR)), Err(MoneyError::Overflow));
        assert_eq!(most.checked_mul(2), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn every_amount_round_trips_as_text(minor: i64, code in prop::sample::select(vec!["EUR", "VND", "KWD"])) {
            let money = Money::new(minor, Currency::parse(code).unwrap());
            prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
        }

        #[test]
        fn adding_and_taking_away_is_neutral(a: i32, b: i32) {
            let (a, b) = (Money::new(a.into(), Currency::EUR), Money::new(b.into(), Currency::EUR));
            prop_assert_eq!(a.checked_add(b).unwrap().checked_sub(b).unwrap(), a);
            prop_assert_eq!(a.checked_add(b), b.checked_add(a));
        }
    }
}
