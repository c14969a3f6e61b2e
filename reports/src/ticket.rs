//! Tickets for drivers: on rolls of 58 and 80 mm, and on A6.

use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::VehicleType;
use boomgate_domain::ticket::TicketNumber;
use jiff::Zoned;
use serde::Serialize;

use crate::document::{Document, PrintError};
use crate::qr;

/// So many characters without a space stand in one line of the narrowest roll.
const LONGEST_WORD: usize = 14;

/// On what it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A roll of 58 mm.
    Roll58,
    /// A roll of 80 mm.
    Roll80,
    /// A sheet of 105 x 148 mm.
    A6,
}

/// What stands on a ticket.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Of the car park, as people call it.
    pub site: String,
    /// In the QR code, too.
    pub number: TicketNumber,
    /// In the place of one that was lost.
    pub is_lost: bool,
    /// When it was given, in the car park's time.
    pub issued_at: Zoned,
    /// As far as it is known.
    pub plate: Option<String>,
    /// As far as it is known.
    pub vehicle: Option<VehicleType>,
}

/// What the template reads.
#[derive(Serialize)]
struct Data {
    title: String,
    language: &'static str,
    width: u32,
    height: Option<u32>,
    margin: u32,
    size: u32,
    qr: u32,
    site: String,
    heading: &'static str,
    number: String,
    grouped: String,
    facts: Vec<(&'static str, String)>,
    note: &'static str,
}

struct Texts {
    heading: &'static str,
    lost: &'static str,
    given: &'static str,
    plate: &'static str,
    vehicle: &'static str,
    note: &'static str,
    time: &'static str,
}

const ENGLISH: Texts = Texts {
    heading: "Parking ticket",
    lost: "Lost ticket",
    given: "Given",
    plate: "Plate",
    vehicle: "Vehicle",
    note: "Take this ticket with you. Show it at the exit.",
    time: "%-d %b %Y, %H:%M",
};

const VIETNAMESE: Texts = Texts {
    heading: "Vé gửi xe",
    lost: "Vé thay cho vé bị mất",
    given: "Phát lúc",
    plate: "Biển số",
    vehicle: "Loại xe",
    note: "Hãy mang theo vé này. Xuất trình vé ở lối ra.",
    time: "%H:%M %d/%m/%Y",
};

/// The ticket as PDF, in this language.
///
/// # Errors
/// [`PrintError`]: a fault of the template.
pub fn pdf(ticket: &Ticket, format: Format, lang: Lang) -> Result<Vec<u8>, PrintError> {
    let number = ticket.number.to_string();
    let code = qr::svg(&number).unwrap_or_default();
    let document = Document::new(include_str!("ticket.typ"), &data(ticket, format, lang))?;
    document.with_picture("qr.svg", code)?.pdf()
}

fn data(ticket: &Ticket, format: Format, lang: Lang) -> Data {
    let texts = texts(lang);
    let (width, height, margin, size, qr) = match format {
        Format::Roll58 => (58, None, 3, 9, 34),
        Format::Roll80 => (80, None, 4, 11, 44),
        Format::A6 => (105, Some(148), 10, 13, 56),
    };
    Data {
        title: format!("{} {}", texts.heading, ticket.number),
        language: lang.as_str(),
        width,
        height,
        margin,
        size,
        qr,
        site: breakable(&ticket.site),
        heading: if ticket.is_lost { texts.lost } else { texts.heading },
        number: ticket.number.to_string(),
        grouped: ticket.number.grouped(),
        facts: facts(ticket, texts, lang),
        note: texts.note,
    }
}

fn facts(ticket: &Ticket, texts: &Texts, lang: Lang) -> Vec<(&'static str, String)> {
    let time = ticket.issued_at.strftime(texts.time).to_string();
    let plate = ticket.plate.as_deref().map(|plate| (texts.plate, breakable(plate)));
    let vehicle = ticket.vehicle.map(|kind| (texts.vehicle, vehicle(kind, lang).to_owned()));
    [Some((texts.given, time)), plate, vehicle].into_iter().flatten().collect()
}

const fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Vi => &VIETNAMESE,
    }
}

const fn vehicle(kind: VehicleType, lang: Lang) -> &'static str {
    match (lang, kind) {
        (Lang::En, VehicleType::Car) => "car",
        (Lang::En, VehicleType::Motorcycle) => "motorcycle",
        (Lang::En, VehicleType::Van) => "van",
        (Lang::En, VehicleType::Truck) => "truck",
        (Lang::En, VehicleType::Bus) => "bus",
        (Lang::Vi, VehicleType::Car) => "ô tô",
        (Lang::Vi, VehicleType::Motorcycle) => "xe máy",
        (Lang::Vi, VehicleType::Van) => "xe tải nhẹ",
        (Lang::Vi, VehicleType::Truck) => "xe tải",
        (Lang::Vi, VehicleType::Bus) => "xe buýt",
    }
}

/// A long word may be broken anywhere: a narrow roll has no place for it.
fn breakable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = 0;
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        run = if letter.is_whitespace() { 0 } else { run + 1 };
        out.push(letter);
        if run >= LONGEST_WORD {
            out.push('\u{200b}');
            run = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ticket(site: &str) -> Ticket {
        Ticket {
            site: site.to_owned(),
            number: TicketNumber::parse("PS-000000000").unwrap(),
            is_lost: false,
            issued_at: "2026-11-30T22:15[Asia/Ho_Chi_Minh]".parse().unwrap(),
            plate: Some("51D12345".into()),
            vehicle: Some(VehicleType::Motorcycle),
        }
    }

    /// Every text that the template gets, and how it is written on the page.
    fn shown(ticket: &Ticket, lang: Lang) -> Vec<String> {
        facts(ticket, texts(lang), lang).into_iter().map(|(name, value)| format!("{name}: {value}")).collect()
    }

    #[test]
    fn a_ticket_fits_every_paper_in_both_languages_and_is_the_same_each_time() {
        for format in [Format::Roll58, Format::Roll80, Format::A6] {
            for lang in [Lang::En, Lang::Vi] {
                let set = pdf(&ticket("Bãi xe Hồ Chí Minh"), format, lang).unwrap();
                assert!(set.starts_with(b"%PDF-1."));
                assert!(set.len() < 60_000, "{format:?} {lang:?}: {} bytes", set.len());
                assert_eq!(set, pdf(&ticket("Bãi xe Hồ Chí Minh"), format, lang).unwrap());
            }
        }
    }

    #[test]
    fn times_and_kinds_are_written_as_people_of_the_language_do() {
        let given = ["Given: 30 Nov 2026, 22:15", "Plate: 51D12345", "Vehicle: motorcycle"];
        assert_eq!(shown(&ticket("x"), Lang::En), given);
        let given = ["Phát lúc: 22:15 30/11/2026", "Biển số: 51D12345", "Loại xe: xe máy"];
        assert_eq!(shown(&ticket("x"), Lang::Vi), given);
    }

    #[test]
    fn what_a_person_writes_is_never_read_as_markup() {
        for site in [
            "#panic(\"read as code\")",
            "#import \"@preview/evil:1.0.0\"",
            "$ frac(1, 0",
            "*bold _and never closed",
            "\"]) #read(\"/etc/passwd\")",
            "\\u{0}#{ while true {} }",
            "<label> @reference `raw",
        ] {
            pdf(&ticket(site), Format::Roll58, Lang::En).unwrap();
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn any_text_is_printed(site in "\\PC{0,60}", plate in "\\PC{0,30}") {
            let ticket = Ticket { plate: Some(plate), ..ticket(&site) };
            prop_assert!(pdf(&ticket, Format::Roll58, Lang::Vi).is_ok());
        }
    }
}
