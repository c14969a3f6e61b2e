//! A tariff and its charges in words: the same at the sign, on the page, on the receipt and at a terminal.

use jiff::civil::Date;

use super::{Band, ChargeLine, Day, Holiday, LineKind, Rule, Tariff, Vat, VehicleType};
use crate::money::Money;
use crate::reason::Lang;

impl LineKind {
    /// The English label of a line that is not named by people.
    pub(super) const fn setting(self) -> &'static str {
        self.words(Lang::En)
    }

    /// What it is for, in words.
    const fn words(self, lang: Lang) -> &'static str {
        let (en, vi) = match self {
            Self::Grace => ("grace", "vào ra nhanh được miễn phí"),
            Self::Free => ("free minutes", "số phút miễn phí"),
            Self::Rate => ("rate", "giá"),
            Self::Cap => ("daily cap", "mức trần mỗi ngày"),
            Self::Cap24h => ("24-hour cap", "mức trần 24 giờ"),
            Self::MonthlyCap => ("monthly cap", "mức trần mỗi tháng"),
            Self::FreeTime => ("min free", "phút miễn phí"),
            Self::Discount => ("discount", "giảm giá"),
            Self::Prepaid => ("min prepaid", "phút trả trước"),
            Self::LostTicket => ("lost ticket", "mất vé"),
        };
        in_lang(lang, en, vi)
    }
}

impl ChargeLine {
    /// The line in words, without its amount.
    pub fn text(&self, lang: Lang) -> String {
        let words = self.kind.words(lang);
        match self.kind {
            LineKind::Grace
            | LineKind::Free
            | LineKind::Cap
            | LineKind::Cap24h
            | LineKind::MonthlyCap
            | LineKind::LostTicket => words.to_owned(),
            LineKind::FreeTime | LineKind::Prepaid => format!("{}: {} {words}", self.label, self.minutes),
            LineKind::Discount => format!("{}: {words}", self.label),
            LineKind::Rate => match self.step_minutes.filter(|_| self.steps > 0) {
                Some(step) => {
                    let at = in_lang(lang, "min at", "phút, giá");
                    format!("{}: {} x {step} {at} {}", self.label, self.steps, self.unit)
                }
                None => self.label.clone(),
            },
        }
    }
}

impl Vat {
    /// The rate: `20 %`, `5.5 %`.
    pub fn rate(&self) -> String {
        percent(self.basis_points)
    }
}

/// Basis points as a percentage without needless zeros.
pub(super) fn percent(basis_points: u32) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    let digits = format!("{rest:02}");
    match digits.trim_end_matches('0') {
        "" => format!("{whole} %"),
        digits => format!("{whole}.{digits} %"),
    }
}

impl Tariff {
    /// Settings and rules, a line each: name of the setting, its value.
    pub fn settings(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let none = in_lang(lang, "none", "không có");
        let price = |minor: Option<i64>| minor.map_or(none.to_owned(), |minor| self.money(minor));
        let minutes = |count: u32| if count == 0 { none.to_owned() } else { minutes(count, lang) };
        let mut all = vec![
            (Setting::Grace.words(lang), minutes(self.grace_minutes)),
            (Setting::Free.words(lang), minutes(self.free_minutes)),
            (Setting::Exit.words(lang), minutes(self.exit_time_minutes)),
            (Setting::DailyCap.words(lang), price(self.daily_cap)),
            (Setting::Cap24h.words(lang), price(self.cap_24h)),
        ];
        all.extend(self.monthly_cap.map(|cap| (Setting::MonthlyCap.words(lang), self.money(cap))));
        all.push((Setting::LostTicket.words(lang), price(self.lost_ticket)));
        all.extend(self.vat_basis_points.map(|rate| (Setting::Vat.words(lang), percent(rate))));
        if !self.holidays.is_empty() {
            let names: Vec<String> = self.holidays.iter().map(|holiday| holiday.words(lang)).collect();
            all.push((Setting::Holidays.words(lang), names.join("; ")));
        }
        all
    }

    /// An amount of the tariff's currency in words.
    pub(super) fn money(&self, minor: i64) -> String {
        Money::new(minor, self.currency).to_string()
    }
}

/// A setting of a tariff, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Grace,
    Free,
    Exit,
    DailyCap,
    Cap24h,
    MonthlyCap,
    LostTicket,
    Vat,
    Holidays,
}

impl Setting {
    pub(super) const fn words(self, lang: Lang) -> &'static str {
        let (en, vi) = match self {
            Self::Grace => ("grace", "vào ra nhanh miễn phí"),
            Self::Free => ("free minutes", "số phút miễn phí"),
            Self::Exit => ("exit time", "thời gian ra sau khi trả"),
            Self::DailyCap => ("daily cap", "mức trần mỗi ngày"),
            Self::Cap24h => ("24-hour cap", "mức trần 24 giờ"),
            Self::MonthlyCap => ("monthly cap", "mức trần mỗi tháng"),
            Self::LostTicket => ("lost ticket", "mất vé"),
            Self::Vat => ("VAT included", "đã gồm thuế GTGT"),
            Self::Holidays => ("holidays", "ngày lễ"),
        };
        in_lang(lang, en, vi)
    }

    /// As data names it.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Grace => "grace_minutes",
            Self::Free => "free_minutes",
            Self::Exit => "exit_time_minutes",
            Self::DailyCap => "daily_cap",
            Self::Cap24h => "cap_24h",
            Self::MonthlyCap => "monthly_cap",
            Self::LostTicket => "lost_ticket",
            Self::Vat => "vat_basis_points",
            Self::Holidays => "holidays",
        }
    }
}

impl Rule {
    /// For which vehicles and times it is.
    pub fn when(&self, lang: Lang) -> String {
        let list = |words: Vec<&str>, all: &'static str| {
            if words.is_empty() { all.to_owned() } else { words.join(" ") }
        };
        let vehicles = self.vehicles.iter().map(|vehicle| vehicle.words(lang)).collect();
        let days = self.days.iter().map(|day| day.words(lang)).collect();
        let times = self.window.map_or(in_lang(lang, "all day", "cả ngày").to_owned(), |window| {
            let to = in_lang(lang, "to", "đến");
            format!("{} {to} {}", window.from.strftime("%H:%M"), window.until.strftime("%H:%M"))
        });
        let all_vehicles = in_lang(lang, "all vehicles", "mọi loại xe");
        let every_day = in_lang(lang, "every day", "mọi ngày");
        format!("{}, {}, {times}", list(vehicles, all_vehicles), list(days, every_day))
    }

    /// Its bands, a line each.
    pub fn prices(&self, tariff: &Tariff, lang: Lang) -> Vec<String> {
        let bands = self.bands.iter().enumerate();
        bands.map(|(index, band)| band.words(index > 0, &tariff.money(band.price), lang)).collect()
    }
}

impl Band {
    fn words(&self, follows: bool, price: &str, lang: Lang) -> String {
        let part = match (self.until_minute, follows, lang) {
            (Some(until), _, Lang::En) => format!("up to minute {until}: "),
            (Some(until), _, Lang::Vi) => format!("đến phút {until}: "),
            (None, true, Lang::En) => "then: ".to_owned(),
            (None, true, Lang::Vi) => "sau đó: ".to_owned(),
            (None, false, _) => String::new(),
        };
        match (self.step_minutes, lang) {
            (Some(step), Lang::En) => format!("{part}{price} for each {step} min begun"),
            (Some(step), Lang::Vi) => format!("{part}{price} cho mỗi {step} phút bắt đầu"),
            (None, Lang::En) => format!("{part}{price} once"),
            (None, Lang::Vi) => format!("{part}{price} một lần"),
        }
    }
}

impl Day {
    /// Its short name.
    pub const fn words(self, lang: Lang) -> &'static str {
        let (en, vi) = match self {
            Self::Mon => ("mon", "T2"),
            Self::Tue => ("tue", "T3"),
            Self::Wed => ("wed", "T4"),
            Self::Thu => ("thu", "T5"),
            Self::Fri => ("fri", "T6"),
            Self::Sat => ("sat", "T7"),
            Self::Sun => ("sun", "CN"),
            Self::Holiday => ("holidays", "ngày lễ"),
        };
        in_lang(lang, en, vi)
    }
}

impl VehicleType {
    /// Its name.
    pub const fn words(self, lang: Lang) -> &'static str {
        let (en, vi) = match self {
            Self::Car => ("car", "ô tô"),
            Self::Motorcycle => ("motorcycle", "xe máy"),
            Self::Van => ("van", "xe van"),
            Self::Truck => ("truck", "xe tải"),
            Self::Bus => ("bus", "xe buýt"),
        };
        in_lang(lang, en, vi)
    }
}

impl Holiday {
    /// Its name and its days.
    pub fn words(&self, lang: Lang) -> String {
        let day = |date: Date| if self.yearly { date.strftime("%m-%d") } else { date.strftime("%Y-%m-%d") };
        let every = if self.yearly { in_lang(lang, " every year", " hằng năm") } else { "" };
        if self.from == self.until {
            return format!("{} ({}{every})", self.name, day(self.from));
        }
        let to = in_lang(lang, "to", "đến");
        format!("{} ({} {to} {}{every})", self.name, day(self.from), day(self.until))
    }
}

/// So many minutes.
pub(super) fn minutes(count: u32, lang: Lang) -> String {
    format!("{count} {}", in_lang(lang, "min", "phút"))
}

pub(super) const fn in_lang(lang: Lang, en: &'static str, vi: &'static str) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::Vi => vi,
    }
}
