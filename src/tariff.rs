//! `boomgate tariff`: checks a file, stores it as the next version of a site, shows it in words, or tries it on a stay.

mod file;
mod words;

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use boomgate_domain::ids::SiteCode;
use boomgate_domain::tariff::Tariff;
use boomgate_operations as operations;
use boomgate_operations::access::{TariffsPublish, TariffsRead};
use boomgate_operations::error::OperationError;
use boomgate_operations::unit;
use boomgate_store::sites::SiteRow;
use boomgate_store::tariffs::{self, TariffRow};
use boomgate_store::{GenericClient, Pool};
use jiff::Timestamp;
use serde_json::{Value, json};

pub use file::{parse, read};
pub use words::{describe, try_on, zone};

use crate::commands::{all_sites, command_line, explain};
use crate::config::BadConfig;

/// Keeps the tariff of `file` as the site's next version, in force from now on. Returns that version.
///
/// # Errors
/// A currency other than the site's, an unknown site, the database's.
pub async fn set(pool: &Pool, site: &SiteCode, file: &Path, tariff: Tariff) -> Result<u32> {
    let mut client = pool.get().await?;
    let by = command_line::<TariffsPublish>(&client).await?;
    let set =
        unit::run(&mut client, async |unit| operations::tariffs::set(unit, &by, site, tariff).await).await;
    set.map_err(|error| {
        if matches!(error, OperationError::Invalid { .. }) {
            BadConfig { file: file.display().to_string(), faults: vec![error.to_string()] }.into()
        } else {
            explain(error)
        }
    })
}

/// A version as it is shown.
#[derive(Debug)]
pub struct TariffView {
    pub site: SiteRow,
    pub row: TariffRow,
    pub tariff: Tariff,
    /// Whether it is the one in force.
    pub current: bool,
}

/// One version of a site's tariff; without a number, the one in force. Without a site, the only one there is.
///
/// # Errors
/// There is no such site or version; the message lists those that exist.
pub async fn find(
    client: &impl GenericClient,
    site: Option<&SiteCode>,
    version: Option<i32>,
) -> Result<TariffView> {
    let tenant = command_line::<TariffsRead>(client).await?.actor().tenant;
    let site = match site {
        Some(code) => operations::sites::by_code(client, tenant, code).await,
        None => operations::sites::only(client, tenant).await,
    };
    let site = site.map_err(explain)?;
    let current = tariffs::current(client, site.id, Timestamp::now()).await?;
    let wanted = version.or(current.as_ref().map(|row| row.version));
    let Some(wanted) = wanted else { bail!("{}", no_tariff(&site.code)) };
    let all = tariffs::list(client, site.id).await?;
    let newest = all.first().map_or(0, |row| row.version);
    let row = all.into_iter().find(|row| row.version == wanted).with_context(|| {
        format!("site {} has no version {wanted} of its tariff; it has 1 to {newest}", site.code)
    })?;
    Ok(TariffView {
        tariff: row.tariff()?,
        current: current.is_some_and(|current| current.id == row.id),
        site,
        row,
    })
}

/// All versions of all sites as a table, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(client: &impl GenericClient) -> Result<String> {
    let mut text = String::new();
    for site in all_sites(client).await? {
        let current = tariffs::current(client, site.id, Timestamp::now()).await?.map(|row| row.id);
        let rows = tariffs::list(client, site.id).await?;
        if rows.is_empty() {
            writeln!(text, "{}\t-\tno tariff: leaving is free", site.code)?;
        }
        for row in rows {
            let state = if current == Some(row.id) { "in force since" } else { "from" };
            writeln!(
                text,
                "{}\t{}\t{state} {}\t{}",
                site.code,
                row.version,
                local(&site, row.valid_from)?,
                row.name
            )?;
        }
    }
    Ok(text)
}

/// The warning about the missing tariff of `site`.
#[must_use]
pub fn no_tariff(site: &str) -> String {
    format!(
        "site {site} has no tariff yet, so whoever leaves pays nothing; set one with: \
         boomgate tariff set --site {site} FILE.toml (provisioning/tariff.example.toml explains the file)"
    )
}

impl TariffView {
    /// For programs.
    ///
    /// # Errors
    /// Never for a tariff that was read.
    pub fn json(&self) -> Result<Value> {
        Ok(json!({
            "site": self.site.code, "version": self.row.version, "valid_from": self.row.valid_from,
            "current": self.current, "tariff": serde_json::to_value(&self.tariff)?,
        }))
    }

    /// For people.
    ///
    /// # Errors
    /// The site's time zone is unknown on this machine.
    pub fn text(&self) -> Result<String> {
        let state = if self.current { "in force since" } else { "not in force; from" };
        let since = local(&self.site, self.row.valid_from)?;
        let head = format!("{}, version {}, {state} {since}\n", self.site.code, self.row.version);
        Ok(head + &describe(&self.tariff))
    }
}

fn local(site: &SiteRow, at: Timestamp) -> Result<String> {
    let zone = zone(&site.time_zone)?;
    Ok(format!("{} {}", at.to_zoned(zone).strftime("%Y-%m-%d %H:%M"), site.time_zone))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use boomgate_domain::money::Currency;
    use boomgate_domain::reason::Lang;
    use boomgate_domain::tariff::VehicleType;
    use boomgate_store::testing::TestDatabase;
    use jiff::tz::TimeZone;

    use super::*;
    use boomgate_operations::sites as site_operations;
    use boomgate_operations::sites::AddSite;
    use boomgate_store::sites;

    const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/provisioning/tariff.example.toml");

    fn example() -> Tariff {
        read(Path::new(EXAMPLE)).unwrap()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        file
    }

    fn tried(from: &str, until: &str) -> String {
        let times = (from.parse().unwrap(), until.parse().unwrap());
        try_on(&example(), times, VehicleType::Car, &zone("Europe/Bratislava").unwrap()).unwrap()
    }

    async fn site(database: &TestDatabase, code: &str) -> SiteCode {
        let client = database.pool.get().await.unwrap();
        let new = AddSite {
            code: code.parse().unwrap(),
            name: code.into(),
            time_zone: "Europe/Bratislava".parse().unwrap(),
            currency: Currency::EUR,
            languages: vec![Lang::En],
            capacity: None,
        };
        site_operations::ensure(&client, &command_line(&client).await.unwrap(), new).await.unwrap();
        code.parse().unwrap()
    }

    #[test]
    fn the_example_charges_as_its_comments_say() {
        let words: Vec<_> =
            tried("2026-11-20T08:00", "2026-11-20T11:10").lines().map(str::to_owned).collect();
        assert_eq!(
            words,
            [
                "Weekdays, nights and weekends for a car, 190 min",
                "  Fri 20 08:00 to Fri 20 09:00  Day: 2 x 30 min at 1.00 EUR        2.00 EUR",
                "  Fri 20 09:00 to Fri 20 11:10  Day: 3 x 60 min at 2.50 EUR        7.50 EUR",
                "  total                                                            9.50 EUR",
            ]
        );
        assert!(tried("2026-11-20T08:00", "2026-11-20T08:10").contains("grace"), "grace is named");
        assert!(tried("2026-11-20T20:00", "2026-11-21T05:00").contains("3.00 EUR"), "one night is one price");
        assert!(tried("2026-11-20T06:00", "2026-11-20T19:00").contains("daily cap"), "the cap is named");
    }

    #[test]
    fn the_example_is_described_in_words() {
        let text = describe(&example());
        for words in [
            "  daily cap     18.00 EUR",
            "  Night: all vehicles, every day, 20:00 to 06:00",
            "    3.00 EUR once",
            "  Weekend: all vehicles, sat sun, all day",
            "    up to minute 60: 1.00 EUR for each 30 min begun",
            "    then: 2.50 EUR for each 60 min begun",
        ] {
            assert!(text.contains(words), "{words:?} in {text}");
        }
    }

    #[test]
    fn every_fault_is_named_with_file_and_field() {
        let bad = file(
            "name = ' '\ncurrency = 'EUR'\ndaily_cap = 0\n[[rules]]\nname = 'x'\n\
             bands = [{ until_minute = 5, price = -1, step_minutes = 0 }]\n",
        );
        let error = read(bad.path()).unwrap_err();
        assert!(error.to_string().starts_with(&bad.path().display().to_string()), "{error}");
        for field in [
            "name: is empty",
            "daily_cap: is 0",
            "rules[0].bands[0].price: is -1",
            "rules[0].bands[0].step_minutes: is 0",
            "rules[0].bands[0].until_minute: ends the last band",
        ] {
            assert!(error.faults.iter().any(|fault| fault.starts_with(field)), "{field} in {error}");
        }
        assert_eq!(error.faults.len(), 5, "{error}");
    }

    #[test]
    fn what_toml_cannot_be_read_as_is_named_too() {
        for (text, words) in [
            ("currency = 'EUR'\nrules = []", "name"),
            ("name = 'x'\ncurrency = 'euro'\nrules = []", "currency"),
            ("name = 'x'\ncurrency = 'EUR'\nversion = 3\nrules = []", "version"),
            ("name = 'x'\ncurrency = 'EUR'\nrules = [{ name = 'n', bands = [{ price = 'much' }] }]", "price"),
        ] {
            let bad = file(text);
            let error = read(bad.path()).unwrap_err().to_string();
            assert!(error.contains(words), "{words} in {error}");
        }
        let error = read(Path::new("/nowhere/t.toml")).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/t.toml"), "{error}");
    }

    #[test]
    fn midnight_is_24_00_and_a_price_with_a_comma_is_explained() {
        let rules = |window: &str, price: &str| {
            format!(
                "name = 'x'\ncurrency = 'EUR'\n[[rules]]\nname = 'n'\nwindow = {window}\n\
                 bands = [{{ price = {price} }}]\n[[rules]]\nname = 'd'\nbands = [{{ price = 1 }}]\n"
            )
        };
        let evening = file(&rules("{ from = '22:00', until = '24:00' }", "50"));
        assert!(describe(&read(evening.path()).unwrap()).contains("22:00 to 00:00"));
        for (window, price, words) in [
            ("{ from = '22:00', until = '24:00' }", "2.50", "2.50 is written 250"),
            ("{ from = '8', until = '24:00' }", "50", "\"8\" is not a time of day like 08:00"),
        ] {
            let bad = file(&rules(window, price));
            let error = read(bad.path()).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("line"), "{words} in {error}");
        }
    }

    #[test]
    fn a_stay_that_ends_before_it_begins_is_refused() {
        let times = ("2026-11-20T08:00".parse().unwrap(), "2026-11-20T07:00".parse().unwrap());
        let error = try_on(&example(), times, VehicleType::Car, &TimeZone::UTC).unwrap_err();
        assert!(error.to_string().contains("--until is before --from"), "{error}");
        assert!(zone("Europe/Nowhere").is_err());
    }

    #[tokio::test]
    async fn a_new_version_is_in_force_and_the_old_one_stays() {
        let database = TestDatabase::new().await;
        let north = site(&database, "north").await;
        let client = database.pool.get().await.unwrap();
        let error = find(&client, Some(&north), None).await.unwrap_err().to_string();
        assert!(error.contains("boomgate tariff set --site north"), "{error}");

        assert_eq!(set(&database.pool, &north, Path::new(EXAMPLE), example()).await.unwrap(), 1);
        let dearer = Tariff { name: "Dearer".into(), ..example() };
        assert_eq!(set(&database.pool, &north, Path::new(EXAMPLE), dearer).await.unwrap(), 2);

        let now = find(&client, None, None).await.unwrap();
        assert_eq!((now.tariff.name.as_str(), now.tariff.version, now.current), ("Dearer", 2, true));
        let before = find(&client, Some(&north), Some(1)).await.unwrap();
        assert_eq!((before.tariff.name.as_str(), before.current), ("Weekdays, nights and weekends", false));
        assert!(
            before.text().unwrap().starts_with("north, version 1, not in force"),
            "{}",
            before.text().unwrap()
        );
        assert_eq!(now.json().unwrap()["tariff"]["name"], "Dearer");
        let error = find(&client, Some(&north), Some(7)).await.unwrap_err().to_string();
        assert!(error.contains("it has 1 to 2"), "{error}");

        let audit = client
            .query("select action, actor_kind, detail from audit order by detail ->> 'version'", &[])
            .await
            .unwrap();
        let versions: Vec<i64> =
            audit.iter().map(|row| row.get::<_, Value>("detail")["version"].as_i64().unwrap()).collect();
        assert_eq!(versions, [1, 2]);
        assert!(audit.iter().all(|row| row.get::<_, &str>("action") == "tariff.set"));
    }

    #[tokio::test]
    async fn another_currency_changes_nothing() {
        let database = TestDatabase::new().await;
        let north = site(&database, "north").await;
        let foreign = Tariff { currency: Currency::parse("CZK").unwrap(), ..example() };
        let error = set(&database.pool, &north, Path::new("t.toml"), foreign).await.unwrap_err().to_string();
        assert!(
            error.contains("t.toml") && error.contains("currency: is CZK, but north charges in EUR"),
            "{error}"
        );
        let client = database.pool.get().await.unwrap();
        let rows: i64 = client
            .query_one("select (select count(*) from tariffs) + (select count(*) from audit)", &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!(rows, 0);
    }

    #[tokio::test]
    async fn sites_are_listed_and_those_with_lanes_but_no_tariff_are_known() {
        let database = TestDatabase::new().await;
        let (north, south) = (site(&database, "north").await, site(&database, "south").await);
        let client = database.pool.get().await.unwrap();
        for code in [&north, &south] {
            let id = sites::by_code(&client, code).await.unwrap().unwrap().id;
            let lane = "in-1".parse().unwrap();
            boomgate_operations::lanes::ensure(
                &client,
                id,
                &lane,
                "In",
                boomgate_domain::decide::Direction::Entry,
            )
            .await
            .unwrap();
        }
        site(&database, "without-lanes").await;
        set(&database.pool, &north, Path::new(EXAMPLE), example()).await.unwrap();
        assert_eq!(tariffs::sites_without(&client, Timestamp::now()).await.unwrap(), ["south"]);
        let list = list(&client).await.unwrap();
        assert!(list.contains("south\t-\tno tariff: leaving is free"), "{list}");
        assert!(list.contains("north\t1\tin force since"), "{list}");
        let error = find(&client, None, None).await.unwrap_err().to_string();
        assert!(error.contains("say which site; there are: north, south, without-lanes (--site)"), "{error}");
        let error = find(&client, Some(&"nort".parse().unwrap()), None).await.unwrap_err().to_string();
        assert!(error.contains("no site nort is known"), "{error}");
    }
}
