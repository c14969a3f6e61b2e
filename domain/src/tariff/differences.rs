//! What of a version of a tariff is another than in the one before, in words.

use std::collections::BTreeMap;

use super::words::{Setting, in_lang, minutes, percent};
use super::{Rule, Tariff};
use crate::reason::Lang;

/// One thing that is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    kind: Kind,
    /// Name of the setting or rule.
    name: String,
    before: Option<[String; 2]>,
    after: Option<[String; 2]>,
}

/// What kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Setting(Setting),
    RuleAdded,
    RuleRemoved,
    RuleWhen,
    RulePrices,
    RuleOrder,
}

impl Difference {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self.kind {
            Kind::Name => "name",
            Kind::Setting(_) => "setting",
            Kind::RuleAdded => "rule-added",
            Kind::RuleRemoved => "rule-removed",
            Kind::RuleWhen => "rule-when",
            Kind::RulePrices => "rule-prices",
            Kind::RuleOrder => "rule-order",
        }
    }

    /// Parameters by name; before and after in words.
    pub fn params(&self, lang: Lang) -> BTreeMap<String, String> {
        let name = match self.kind {
            Kind::Setting(setting) => setting.field(),
            Kind::Name
            | Kind::RuleAdded
            | Kind::RuleRemoved
            | Kind::RuleWhen
            | Kind::RulePrices
            | Kind::RuleOrder => &self.name,
        };
        let value = |of: &Option<[String; 2]>| of.as_ref().map(|words| in_words(words, lang).to_owned());
        let all =
            [("name", Some(name.to_owned())), ("before", value(&self.before)), ("after", value(&self.after))];
        all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    /// The difference in a sentence.
    pub fn text(&self, lang: Lang) -> String {
        let none = in_lang(lang, "none", "không có");
        let before = self.before.as_ref().map_or(none, |words| in_words(words, lang));
        let after = self.after.as_ref().map_or(none, |words| in_words(words, lang));
        let name = &self.name;
        match (self.kind, lang) {
            (Kind::Name, Lang::En) => format!("The name was {before:?} and is {after:?}."),
            (Kind::Name, Lang::Vi) => format!("Tên trước là {before:?}, nay là {after:?}."),
            (Kind::Setting(setting), Lang::En) => {
                format!("{}: {before} before, {after} now.", capital(setting.words(lang)))
            }
            (Kind::Setting(setting), Lang::Vi) => {
                format!("{}: trước là {before}, nay là {after}.", capital(setting.words(lang)))
            }
            (Kind::RuleAdded, Lang::En) => format!("New rule {name:?}: {after}."),
            (Kind::RuleAdded, Lang::Vi) => format!("Quy tắc mới {name:?}: {after}."),
            (Kind::RuleRemoved, Lang::En) => format!("Rule {name:?} is gone: {before}."),
            (Kind::RuleRemoved, Lang::Vi) => format!("Đã bỏ quy tắc {name:?}: {before}."),
            (Kind::RuleWhen, Lang::En) => format!("Rule {name:?} was for {before} and is for {after}."),
            (Kind::RuleWhen, Lang::Vi) => {
                format!("Quy tắc {name:?} trước áp dụng cho {before}, nay cho {after}.")
            }
            (Kind::RulePrices, Lang::En) => format!("Rule {name:?}: {before} before, {after} now."),
            (Kind::RulePrices, Lang::Vi) => format!("Quy tắc {name:?}: trước là {before}, nay là {after}."),
            (Kind::RuleOrder, Lang::En) => format!("The order of the rules was {before} and is {after}."),
            (Kind::RuleOrder, Lang::Vi) => format!("Thứ tự quy tắc trước là {before}, nay là {after}."),
        }
    }
}

impl Tariff {
    /// What is another here than in `before`. None where both charge the same under the same name.
    pub fn differences(&self, before: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        if self.name != before.name {
            found.push(between(Kind::Name, "", both(|_| before.name.clone()), both(|_| self.name.clone())));
        }
        self.compare_settings(before, &mut found);
        self.compare_rules(before, &mut found);
        found
    }

    fn compare_settings(&self, before: &Self, found: &mut Vec<Difference>) {
        let all = [
            Setting::Grace,
            Setting::Free,
            Setting::Exit,
            Setting::DailyCap,
            Setting::Cap24h,
            Setting::MonthlyCap,
            Setting::LostTicket,
            Setting::Vat,
            Setting::Holidays,
        ];
        for setting in all {
            let (was, is) = (before.setting(setting), self.setting(setting));
            if was != is {
                found.push(Difference {
                    kind: Kind::Setting(setting),
                    name: String::new(),
                    before: was,
                    after: is,
                });
            }
        }
    }

    /// The setting in words; none where it is not set.
    fn setting(&self, setting: Setting) -> Option<[String; 2]> {
        let time = |count: u32| (count > 0).then(|| both(|lang| minutes(count, lang)));
        let price = |minor: Option<i64>| minor.map(|minor| both(|_| self.money(minor)));
        match setting {
            Setting::Grace => time(self.grace_minutes),
            Setting::Free => time(self.free_minutes),
            Setting::Exit => time(self.exit_time_minutes),
            Setting::DailyCap => price(self.daily_cap),
            Setting::Cap24h => price(self.cap_24h),
            Setting::MonthlyCap => price(self.monthly_cap),
            Setting::LostTicket => price(self.lost_ticket),
            Setting::Vat => self.vat_basis_points.map(|rate| both(|_| percent(rate))),
            Setting::Holidays => (!self.holidays.is_empty()).then(|| {
                both(|lang| self.holidays.iter().map(|day| day.words(lang)).collect::<Vec<_>>().join("; "))
            }),
        }
    }

    /// Rules are the same by their name; of several of one name the first belongs to the first.
    fn compare_rules(&self, before: &Self, found: &mut Vec<Difference>) {
        let (was, is) = (before.numbered(), self.numbered());
        let old = |key: &(&str, usize)| was.iter().find(|(known, _)| known == key).map(|(_, rule)| *rule);
        let is_there = |key: &(&str, usize)| is.iter().any(|(known, _)| known == key);
        for (key, rule) in &was {
            if !is_there(key) {
                found.push(Difference {
                    after: None,
                    ..between(Kind::RuleRemoved, key.0, before.rule_words(rule), none())
                });
            }
        }
        for (key, rule) in &is {
            match old(key) {
                Some(old) => self.compare_rule((before, old), rule, found),
                None => {
                    found.push(Difference {
                        before: None,
                        ..between(Kind::RuleAdded, key.0, none(), self.rule_words(rule))
                    });
                }
            }
        }
        let stayed =
            |rules: &[((&str, usize), &Rule)], there: &dyn Fn(&(&str, usize)) -> bool| -> Vec<String> {
                rules.iter().filter(|(key, _)| there(key)).map(|(key, _)| key.0.to_owned()).collect()
            };
        let (order_was, order_is) = (stayed(&was, &is_there), stayed(&is, &|key| old(key).is_some()));
        if order_was != order_is {
            found.push(between(
                Kind::RuleOrder,
                "",
                both(|_| order_was.join(", ")),
                both(|_| order_is.join(", ")),
            ));
        }
    }

    fn compare_rule(&self, (before, old): (&Self, &Rule), rule: &Rule, found: &mut Vec<Difference>) {
        let (was, is) = (both(|lang| old.when(lang)), both(|lang| rule.when(lang)));
        if was != is {
            found.push(between(Kind::RuleWhen, &rule.name, was, is));
        }
        let prices = |tariff: &Self, rule: &Rule| both(|lang| rule.prices(tariff, lang).join("; "));
        let (was, is) = (prices(before, old), prices(self, rule));
        if was != is {
            found.push(between(Kind::RulePrices, &rule.name, was, is));
        }
    }

    /// Each rule with its name and how many of this name stand before it.
    fn numbered(&self) -> Vec<((&str, usize), &Rule)> {
        let same =
            |index: usize, name: &str| self.rules.iter().take(index).filter(|rule| rule.name == name).count();
        let rules = self.rules.iter().enumerate();
        rules.map(|(index, rule)| ((rule.name.as_str(), same(index, &rule.name)), rule)).collect()
    }

    fn rule_words(&self, rule: &Rule) -> [String; 2] {
        both(|lang| format!("{}; {}", rule.when(lang), rule.prices(self, lang).join("; ")))
    }
}

fn between(kind: Kind, name: &str, before: [String; 2], after: [String; 2]) -> Difference {
    Difference { kind, name: name.to_owned(), before: Some(before), after: Some(after) }
}

/// In every language, in the order of [`Lang::ALL`].
fn both(words: impl Fn(Lang) -> String) -> [String; 2] {
    Lang::ALL.map(words)
}

fn none() -> [String; 2] {
    both(|_| String::new())
}

fn in_words(words: &[String; 2], lang: Lang) -> &str {
    let [en, vi] = words;
    match lang {
        Lang::En => en,
        Lang::Vi => vi,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
