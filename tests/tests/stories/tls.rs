//! A PostgreSQL on the network: reached over TLS, and only if its certificate is right.

use boomgate_store::Address;
use boomgate_tests::postgres::{Kind, Postgres, tls_url};
use boomgate_tests::scratch::Scratch;
use boomgate_tests::site::{Plan, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_car_is_let_in_by_a_server_whose_database_is_reached_over_tls() {
    let site = Site::open(Plan { postgres: Kind::Tls, ..Plan::default() }).await;
    let entry = site.lane("in-1").await;
    entry.car("tea", "BA123XY");
    assert_eq!(site.journal.decision("in-1", "tea").await.code, "OPEN-VISITOR");
    site.journal.passed("in-1", "tea").await;
    site.until_stays("state = 'open'", 1).await;
    let in_clear = "select count(*) from pg_stat_ssl join pg_stat_activity using (pid)
        where not ssl and backend_type = 'client backend' and $1::uuid is not null";
    let connections = "select count(*) from pg_stat_ssl where ssl and $1::uuid is not null";
    assert_eq!(site.number(in_clear).await, 0);
    assert!(site.number(connections).await > 1, "the story's and the server's");
    site.end([entry]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_who_it_should_be_is_not_spoken_to() {
    let dir = Scratch::new();
    let postgres = Postgres::start(Kind::Tls, dir.path()).await;
    let Postgres::Tls { port, roots, .. } = &postgres else { unreachable!("asked for TLS") };
    Address::parse(&tls_url("localhost", *port, roots)).unwrap().prepare(2).await.unwrap();

    let strangers = dir.path().join("strangers");
    boomgate::pki::Pki::open_or_create(&strangers, &[]).unwrap();
    let refused = [
        (tls_url("localhost", *port, &strangers.join("ca.pem")), "BadSignature"),
        (tls_url("127.0.0.2", *port, roots), "NotValidForName"),
        (tls_url("localhost", *port, roots).replace("verify-full", "disable"), "no encryption"),
    ];
    for (url, reason) in refused {
        let error = Address::parse(&url).unwrap().connect().await.err().unwrap();
        let words = format!("{error:?}");
        assert!(words.contains(reason), "{url}: {words}");
    }
}
