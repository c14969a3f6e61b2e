//! The examples of `docs/tariffs.md`, executed.

use jiff::civil::DateTime;

use super::*;

const DOCUMENT: &str = include_str!("../../../../docs/tariffs.md");

/// What the site gives a tariff that is read from a file.
const GIVEN: &str =
    "id = '00000000-0000-0000-0000-000000000001'\nversion = 1\nname = 'example'\ncurrency = 'EUR'\n";

const RULE: &str = "\n[[rules]]\nname = 'Day'\nbands = [{ step_minutes = 30, price = 100 }]\n";

/// Settings, and the lines about what stays cost by them.
fn examples() -> Vec<(Tariff, Vec<&'static str>)> {
    DOCUMENT.split("```toml\n").skip(1).map(example).collect()
}

fn example(part: &'static str) -> (Tariff, Vec<&'static str>) {
    let (settings, rest) = part.split_once("```\n").unwrap();
    let rule = if settings.contains("[[rules]]") { "" } else { RULE };
    let tariff: Tariff = toml::from_str(&format!("{GIVEN}{settings}{rule}")).unwrap();
    assert_eq!(tariff.faults(), []);
    let lines = rest.lines().skip_while(|line| line.is_empty()).map_while(|line| line.strip_prefix("- "));
    (tariff, lines.collect())
}

#[test]
fn every_example_of_the_document_costs_what_it_says() {
    let mut checked = 0;
    for (tariff, lines) in examples() {
        assert!(!lines.is_empty(), "settings without an example: {tariff:?}");
        for line in lines {
            check(&tariff, line);
            checked += 1;
        }
    }
    assert!(checked >= 23, "{checked} examples");
}

/// `FROM to UNTIL, vehicle; free 60 min; ...: 2.00 EUR, VAT 0.33 EUR`
fn check(tariff: &Tariff, line: &str) {
    let (stay, price) = line.rsplit_once(": ").unwrap();
    let mut parts = stay.split("; ");
    let first = parts.next().unwrap();
    let (times, vehicle) = first.split_once(", ").unwrap_or((first, "car"));
    let (from, until) = times.split_once(" to ").unwrap();
    let prior = parts.fold(Prior::default(), with);
    // Bratislava's clocks are Berlin's.
    let at = |text: &str| text.parse::<DateTime>().unwrap().to_zoned(berlin()).unwrap().timestamp();
    let vehicle: VehicleType = serde_json::from_value(vehicle.into()).unwrap();
    let charge = tariff.charge_after(at(from), at(until), vehicle, &berlin(), &prior).unwrap();
    assert_eq!(words(&charge), price, "{line}: {:#?}", charge.lines);
}

fn words(charge: &Charge) -> String {
    match charge.vat {
        Some(vat) => format!("{}, VAT {}", charge.total, vat.amount),
        None => charge.total.to_string(),
    }
}

fn with(mut prior: Prior, what: &str) -> Prior {
    let minor = |text: &str| text.parse::<Money>().unwrap().minor;
    let minutes = |text: &str| text.strip_suffix(" min").unwrap().parse().unwrap();
    let benefit = if let Some(amount) = what.strip_prefix("charged this month ") {
        prior.month_minor = minor(amount);
        return prior;
    } else if let Some(text) = what.strip_prefix("free ") {
        Benefit::FreeTime { minutes: minutes(text) }
    } else if let Some(text) = what.strip_prefix("prepaid ") {
        Benefit::Prepaid { minutes: minutes(text) }
    } else if let Some(percent) = what.strip_prefix("off ").unwrap().strip_suffix(" %") {
        Benefit::Percent { percent: percent.parse().unwrap() }
    } else {
        Benefit::Amount { minor: minor(what.strip_prefix("off ").unwrap()) }
    };
    prior.validations.push(Validation { code: "CODE".into(), benefit, most_off: None });
    prior
}
