//! Subscriptions that end soon: the site is told once by an alarm, the holder once by mail.

use std::sync::Mutex;

use async_trait::async_trait;
use boomgate_operations::mail::{Mail, MailError, Mailer};

use super::super::subscriptions::notice_ending;
use super::*;

const ROWS: &str = "
    insert into tenants (id, name) values (gen_random_uuid(), 'T');
    insert into sites (tenant_id, id, code, name, time_zone, currency, list_key, languages)
        select id, gen_random_uuid(), 'north', 'North', 'Europe/Bratislava', 'EUR', decode(repeat('01', 32), 'hex'), array['vi', 'en'] from tenants;
    insert into site_state (site_id) select id from sites;
    insert into subscriptions (site_id, id, holder, contact_email, valid_until)
        select s.id, gen_random_uuid(), v.holder, v.mail, now() + v.until
        from sites s, (values ('Ada', 'ada@example.org', interval '3 days'), ('Bob', null, interval '13 days'),
                              ('Eve', 'eve@example.org', interval '15 days'), ('Zoe', 'zoe@example.org', interval '-1 day')) v (holder, mail, until);";

/// What was sent; it can be away.
#[derive(Debug, Default)]
struct Postbox {
    sent: Mutex<Vec<Mail>>,
    away: Mutex<bool>,
}

#[async_trait]
impl Mailer for Postbox {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        if *self.away.lock().unwrap() {
            return Err("no server took it".into());
        }
        self.sent.lock().unwrap().push(mail);
        Ok(())
    }
}

async fn run_once(database: &TestDatabase, postbox: &Arc<Postbox>) -> u64 {
    let mailer: Arc<dyn Mailer> = Arc::<Postbox>::clone(postbox);
    let context = JobContext { mailer: Some(mailer), ..context() };
    let mut client = database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let done = notice_ending(&context, &tx).await.unwrap();
    tx.commit().await.unwrap();
    done
}

fn sent(postbox: &Postbox) -> Vec<String> {
    postbox.sent.lock().unwrap().iter().map(|mail| mail.to.clone()).collect()
}

#[tokio::test]
async fn a_site_and_the_holder_are_told_once_of_each_end_that_is_near() {
    let database = TestDatabase::new().await;
    execute(&database, ROWS).await;
    let postbox = Arc::new(Postbox::default());
    *postbox.away.lock().unwrap() = true;
    assert_eq!(run_once(&database, &postbox).await, 2, "two end within 14 days");
    let alarms = "alarms where kind = 'subscriptions_ending' and params ->> 'subscriptions' = '2'";
    assert_eq!(count(&database, alarms).await, 1);
    assert!(sent(&postbox).is_empty());
    *postbox.away.lock().unwrap() = false;
    assert_eq!(
        (run_once(&database, &postbox).await, sent(&postbox)),
        (1, vec!["ada@example.org".to_owned()])
    );
    assert!(postbox.sent.lock().unwrap()[0].subject.contains("vé tháng"), "in the language of the site");
    assert_eq!(run_once(&database, &postbox).await, 0, "once for each end");
    // Renewed by little: another end, told of anew. Another notice of the site: Eve, too.
    execute(
        &database,
        "update subscriptions set valid_until = valid_until + interval '1 day' where holder = 'Ada'",
    )
    .await;
    execute(&database, "insert into access_settings (site_id, notice_days) select id, 20 from sites").await;
    assert_eq!(run_once(&database, &postbox).await, 4);
    assert_eq!(sent(&postbox), ["ada@example.org", "ada@example.org", "eve@example.org"]);
    assert_eq!(count(&database, "alarms where kind = 'subscriptions_ending' and times = 2").await, 1);
}

#[tokio::test]
async fn nobody_is_told_where_the_site_wants_no_notice() {
    let database = TestDatabase::new().await;
    execute(&database, ROWS).await;
    execute(&database, "insert into access_settings (site_id, notice_days) select id, 0 from sites").await;
    let postbox = Arc::new(Postbox::default());
    assert_eq!((run_once(&database, &postbox).await, sent(&postbox).len()), (0, 0));
}
