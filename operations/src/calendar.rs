//! Holidays out of a calendar file (RFC 5545): events of whole days, once or every year.
//!
//! Everything that cannot be read is named at once, by the event's own name; nothing is guessed.

use boomgate_domain::tariff::Holiday;
use icalendar::parser::{Component, read_calendar, unfold};
use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::error::OperationError;

/// Largest file, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// Most events that are read.
const MOST_EVENTS: usize = 1_000;

/// Longest holiday, in days.
const LONGEST_DAYS: i32 = 92;

/// Longest name, in characters; what is longer is cut.
const LONGEST_NAME: usize = 100;

/// The holidays of a calendar file, by their first day.
///
/// # Errors
/// It is no calendar; every event that is none of whole days, or comes again by a rule other than every year.
pub fn holidays(file: &[u8]) -> Result<Vec<Holiday>, OperationError> {
    let text = std::str::from_utf8(file).map_err(|_| refused("the file is not UTF-8 text"))?;
    let text = unfold(text.trim_start_matches('\u{feff}'));
    if !text.trim_start().to_ascii_uppercase().starts_with("BEGIN:VCALENDAR") {
        return Err(refused("the file is no calendar: it does not begin with BEGIN:VCALENDAR"));
    }
    let calendar =
        read_calendar(&text).map_err(|_| refused("the calendar cannot be read: it is cut off or damaged"))?;
    let events: Vec<&Component<'_>> =
        calendar.components.iter().filter(|component| component.name == "VEVENT").collect();
    if events.len() > MOST_EVENTS {
        return Err(refused(format!(
            "the calendar has {} events; at most {MOST_EVENTS} are read",
            events.len()
        )));
    }
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for (index, event) in events.into_iter().enumerate() {
        match holiday(event) {
            Ok(holiday) => found.extend(holiday),
            Err(why) => faults.push(format!("{}: {why}", named(event, index))),
        }
    }
    if !faults.is_empty() {
        return Err(refused(faults.join("; ")));
    }
    if found.is_empty() {
        return Err(refused("the calendar has no events"));
    }
    found.sort_by(|one, other| (one.from, &one.name).cmp(&(other.from, &other.name)));
    found.dedup();
    Ok(found)
}

fn refused(why: impl Into<String>) -> OperationError {
    OperationError::unacceptable("CALENDAR", why)
}

fn value<'a>(event: &'a Component<'_>, name: &str) -> Option<&'a str> {
    event.find_prop(name).map(|property| property.val.as_str().trim())
}

/// As people find it in their calendar.
fn named(event: &Component<'_>, index: usize) -> String {
    let title = value(event, "SUMMARY").map(clean).filter(|title| !title.is_empty());
    let day = value(event, "DTSTART").unwrap_or("without a day");
    title.map_or_else(|| format!("event {} ({day})", index + 1), |title| format!("{title:?} ({day})"))
}

fn clean(text: &str) -> String {
    let plain = text
        .replace("\\n", " ")
        .replace("\\N", " ")
        .replace("\\,", ",")
        .replace("\\;", ";")
        .replace("\\\\", "\\");
    let plain: String = plain.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    plain.trim().chars().take(LONGEST_NAME).collect()
}

/// None for an event that was called off.
fn holiday(event: &Component<'_>) -> Result<Option<Holiday>, String> {
    if value(event, "STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")) {
        return Ok(None);
    }
    let name =
        value(event, "SUMMARY").map(clean).filter(|title| !title.is_empty()).ok_or("it has no name")?;
    let from = day(value(event, "DTSTART").ok_or("it has no first day")?)?;
    let until = last_day(event, from)?;
    for other in ["RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"] {
        if event.find_prop(other).is_some() {
            return Err(format!("its days have exceptions ({other}); write each day as an event of its own"));
        }
    }
    let yearly = value(event, "RRULE").map(|rule| every_year(rule, from)).transpose()?.is_some();
    Ok(Some(Holiday { name, from, until, yearly }))
}

fn last_day(event: &Component<'_>, from: Date) -> Result<Date, String> {
    let after = match (value(event, "DTEND"), value(event, "DURATION")) {
        (Some(end), _) => day(end)?,
        (None, Some(duration)) => from.checked_add(days(duration)?).map_err(|_| "it is too long")?,
        (None, None) => return Ok(from),
    };
    // An end is the first day after; some programs write the day itself where it is one day.
    let last = if after == from { from } else { after.yesterday().map_err(|_| "it ends too early")? };
    let length = last.since(from).map_or(-1, |span| span.get_days());
    if length < 0 {
        return Err("it ends before it begins".into());
    }
    if length >= LONGEST_DAYS {
        return Err(format!("it is longer than {LONGEST_DAYS} days"));
    }
    Ok(last)
}

/// `20261225`; a time of day is no whole day.
fn day(text: &str) -> Result<Date, String> {
    if text.len() != 8 || !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(format!("{text:?} is no whole day; holidays are days, without a time"));
    }
    let number = |part: &str| part.parse::<i16>().unwrap_or_default();
    let (month, day) = (number(&text[4..6]), number(&text[6..8]));
    let date =
        Date::new(number(&text[0..4]), i8::try_from(month).unwrap_or(0), i8::try_from(day).unwrap_or(0));
    date.map_err(|_| format!("{text:?} is no day of the calendar"))
}

/// `P3D`, `P1W`.
fn days(text: &str) -> Result<Span, String> {
    let refuse = || format!("{text:?} is no number of whole days");
    let body = text.strip_prefix('P').ok_or_else(refuse)?;
    let (number, unit) = body.split_at_checked(body.len().saturating_sub(1)).ok_or_else(refuse)?;
    let count = number.parse::<u16>().map_err(|_| refuse())?;
    match unit {
        "D" => Ok(i32::from(count).days()),
        "W" => Ok((i32::from(count) * 7).days()),
        _ => Err(refuse()),
    }
}

/// Whether the rule says no more than: on this day of every year.
fn every_year(rule: &str, from: Date) -> Result<(), String> {
    let refuse =
        || format!("it comes again by the rule {rule:?}; only every year (FREQ=YEARLY) is understood");
    let mut yearly = false;
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(refuse)?;
        let same = match key.to_ascii_uppercase().as_str() {
            "FREQ" => {
                yearly = value.eq_ignore_ascii_case("YEARLY");
                yearly
            }
            "INTERVAL" => value == "1",
            "BYMONTH" => value.parse() == Ok(from.month()),
            "BYMONTHDAY" => value.parse() == Ok(from.day()),
            "WKST" => true,
            _ => false,
        };
        if !same {
            return Err(refuse());
        }
    }
    if yearly { Ok(()) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn calendar(events: &str) -> String {
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}END:VCALENDAR\r\n")
    }

    fn event(lines: &[&str]) -> String {
        format!("BEGIN:VEVENT\r\nUID:1\r\n{}\r\nEND:VEVENT\r\n", lines.join("\r\n"))
    }

    fn why(file: &str) -> String {
        holidays(file.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn days_weeks_and_years_are_read() {
        let file = calendar(
            &[
                event(&[
                    "SUMMARY:Christmas Day",
                    "DTSTART;VALUE=DATE:20201225",
                    "RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25",
                ]),
                event(&[
                    "SUMMARY:Tết Nguyên Đán",
                    "DTSTART;VALUE=DATE:20270205",
                    "DTEND;VALUE=DATE:20270212",
                ]),
                event(&["SUMMARY:Fair\\, old", "DTSTART;VALUE=DATE:20260901", "DURATION:P2D"]),
                event(&["SUMMARY:One day", "DTSTART;VALUE=DATE:20260902", "DTEND;VALUE=DATE:20260902"]),
                event(&["SUMMARY:Called off", "STATUS:CANCELLED", "DTSTART:20260902T100000Z"]),
            ]
            .concat(),
        );
        let found = holidays(file.as_bytes()).unwrap();
        let days: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.from, one.until, one.yearly)).collect();
        assert_eq!(
            days,
            [
                ("Christmas Day", date(2020, 12, 25), date(2020, 12, 25), true),
                ("Fair, old", date(2026, 9, 1), date(2026, 9, 2), false),
                ("One day", date(2026, 9, 2), date(2026, 9, 2), false),
                ("Tết Nguyên Đán", date(2027, 2, 5), date(2027, 2, 11), false),
            ]
        );
    }

    #[test]
    fn every_event_that_is_not_understood_is_named_at_once() {
        let file = calendar(
            &[
                event(&["SUMMARY:Meeting", "DTSTART:20260902T100000Z"]),
                event(&[
                    "SUMMARY:Thanksgiving",
                    "DTSTART;VALUE=DATE:20261126",
                    "RRULE:FREQ=YEARLY;BYDAY=4TH;BYMONTH=11",
                ]),
                event(&["SUMMARY:Fine", "DTSTART;VALUE=DATE:20261126"]),
                event(&["SUMMARY:Backwards", "DTSTART;VALUE=DATE:20261126", "DTEND;VALUE=DATE:20261120"]),
                event(&["DTSTART;VALUE=DATE:20261126"]),
                event(&["SUMMARY:Leap", "DTSTART;VALUE=DATE:20270229"]),
            ]
            .concat(),
        );
        let why = why(&file);
        for words in [
            "\"Meeting\" (20260902T100000Z): \"20260902T100000Z\" is no whole day",
            "\"Thanksgiving\" (20261126): it comes again by the rule \"FREQ=YEARLY;BYDAY=4TH;BYMONTH=11\"",
            "\"Backwards\" (20261126): it ends before it begins",
            "event 5 (20261126): it has no name",
            "\"Leap\" (20270229): \"20270229\" is no day of the calendar",
        ] {
            assert!(why.contains(words), "{words} in {why}");
        }
        assert!(!why.contains("Fine"), "{why}");
    }

    #[test]
    fn what_is_no_calendar_is_refused_in_words() {
        for (file, words) in [
            ("", "does not begin with BEGIN:VCALENDAR"),
            ("name;day", "does not begin with BEGIN:VCALENDAR"),
            (&*calendar(""), "has no events"),
            ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x", "cut off or damaged"),
        ] {
            assert!(why(file).contains(words), "{words} in {}", why(file));
        }
        assert!(holidays(b"BEGIN:VCALENDAR\xff").unwrap_err().to_string().contains("UTF-8"));
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            drop(holidays(&bytes));
        }

        #[test]
        fn no_damaged_calendar_makes_it_panic(
            name in "\\PC{0,40}",
            start in "[0-9TZ:+-]{0,16}|20[0-9]{6}",
            end in prop::option::of("[0-9TZP]{0,12}|20[0-9]{6}|P[0-9]{0,6}[DWH]"),
            rule in prop::option::of("(FREQ|INTERVAL|BYMONTH|UNTIL|;|=|YEARLY|[0-9]){0,12}"),
            cut in 0usize..600,
            noise in "\\PC{0,8}",
        ) {
            let mut lines = vec![format!("SUMMARY:{name}"), format!("DTSTART;VALUE=DATE:{start}")];
            lines.extend(end.map(|end| if end.starts_with('P') { format!("DURATION:{end}") } else { format!("DTEND:{end}") }));
            lines.extend(rule.map(|rule| format!("RRULE:{rule}")));
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let whole = calendar(&event(&lines));
            if let Ok(found) = holidays(whole.as_bytes()) {
                prop_assert!(found.iter().all(|one| one.from <= one.until && !one.name.is_empty()));
            }
            let at = (0..=cut.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
            drop(holidays(format!("{}{noise}{}", &whole[..at], &whole[at..]).as_bytes()));
            drop(holidays(&whole.as_bytes()[..at]));
        }
    }
}
