//! Alarms that no event raises: lanes that are not heard, queues that grow, faults that a restart ended.

use boomgate_operations::alarms;
use boomgate_operations::unit;

use crate::Company;

/// A site with one lane whose device was heard just now, on a server that has been watching for an hour.
async fn watched() -> Company {
    let company = Company::new(&["north"]).await;
    company
        .run(
            "insert into lanes (site_id, id, code, name, direction) select id, gen_random_uuid(), 'in-1', 'In', 'entry' from sites;
             insert into devices (site_id, id, lane_id, code, signing_key)
                 select site_id, gen_random_uuid(), id, 'pi-1', decode(repeat('03', 32), 'hex') from lanes;
             insert into device_state (site_id, device_id) select site_id, id from devices on conflict do nothing;
             update device_state set last_seen = now(), heard_at = now(), hello = '{\"faults\": [], \"backlog\": 0}';
             insert into lane_watch (since, last) values (now() - interval '1 hour', now());",
        )
        .await;
    company
}

impl Company {
    async fn watch(&self) -> u64 {
        let mut client = self.client().await;
        unit::run(&mut client, async |unit| alarms::watch(unit.tx()).await).await.unwrap()
    }

    async fn open_alarms(&self) -> Vec<String> {
        let sql = "select kind from alarms where closed_at is null order by id";
        self.client().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    async fn heard(&self, ago: &str) {
        self.run(&format!("update device_state set last_seen = now() - interval '{ago}', heard_at = now() - interval '{ago}'"))
            .await;
    }
}

#[tokio::test]
async fn a_lane_that_is_not_heard_for_a_minute_is_lost_until_it_is_heard() {
    let company = watched().await;
    company.heard("50 s").await;
    assert_eq!(company.watch().await, 0);
    company.heard("61 s").await;
    assert_eq!((company.watch().await, company.watch().await), (1, 0));
    assert_eq!(company.open_alarms().await, ["lane_lost"]);
    assert_eq!(company.audited("alarm.raised").await["what"], "lane_lost");
    company.heard("1 s").await;
    assert_eq!(company.watch().await, 1);
    assert!(company.open_alarms().await.is_empty());
    // The screens were told both.
    let states = "select string_agg(body ->> 'state', ' ' order by no) from live_feed where kind = 'alarm'";
    let told: String = company.client().await.query_one(states, &[]).await.unwrap().get(0);
    assert_eq!(told, "open closed");
}

#[tokio::test]
async fn a_lost_lane_that_a_person_closed_is_raised_again_only_after_it_was_heard() {
    let company = watched().await;
    company.heard("2 min").await;
    company.watch().await;
    company
        .run("update alarms set closed_at = now(), closed_by = gen_random_uuid(), note = 'being repaired'")
        .await;
    assert_eq!(company.watch().await, 0);
    company.heard("1 s").await;
    company.watch().await;
    // Heard after the alarm, and lost again.
    company.run("update alarms set raised_at = now() - interval '1 hour'").await;
    company.heard("2 min").await;
    assert_eq!(company.watch().await, 1);
    assert_eq!(company.open_alarms().await, ["lane_lost"]);
}

#[tokio::test]
async fn a_server_that_was_away_waits_until_lanes_had_time_to_be_heard() {
    let company = watched().await;
    company.run("update lane_watch set last = now() - interval '5 min'").await;
    company.heard("5 min").await;
    assert_eq!(company.watch().await, 0, "the first look after a pause");
    company.run("update lane_watch set since = now() - interval '59 s'").await;
    assert_eq!(company.watch().await, 0, "lanes have a minute to come back");
    company.run("update lane_watch set since = now() - interval '61 s'").await;
    assert_eq!(company.watch().await, 1);
}

#[tokio::test]
async fn a_device_that_is_revoked_or_was_never_heard_is_not_missed() {
    let company = watched().await;
    company.run("update device_state set last_seen = null, heard_at = null").await;
    assert_eq!(company.watch().await, 0, "never heard");
    company.heard("2 min").await;
    company.watch().await;
    company.run("update devices set revoked_at = now()").await;
    assert_eq!(company.watch().await, 1, "the alarm ends with the device");
    assert_eq!(company.watch().await, 0);
    assert!(company.open_alarms().await.is_empty());
}

#[tokio::test]
async fn a_queue_that_stays_long_is_raised_and_ends_when_it_is_short() {
    let company = watched().await;
    company.run("update device_state set backlog_since = now() - interval '110 s'").await;
    assert_eq!(company.watch().await, 0);
    company.run("update device_state set backlog_since = now() - interval '121 s'").await;
    assert_eq!((company.watch().await, company.watch().await), (1, 0));
    assert_eq!(company.open_alarms().await, ["queue_growing"]);
    company.run("update device_state set backlog_since = null, last_seen = now() + interval '1 s'").await;
    assert_eq!(company.watch().await, 1);
    assert!(company.open_alarms().await.is_empty());
}

#[tokio::test]
async fn a_fault_that_ended_with_a_restart_of_its_lane_does_not_stay_for_ever() {
    let company = watched().await;
    company
        .run(
            "insert into alarms (site_id, id, lane_id, kind, code, raised_at, last_at)
             select site_id, gen_random_uuid(), id, v.kind, v.code, now() - interval '1 min', now() - interval '1 min'
             from lanes, (values ('loop_stuck', 'FAULT-LOOP'), ('fire', 'FAULT-FIRE'), ('unauthorised_passage', 'FAULT-TAILGATE')) v (kind, code)",
        )
        .await;
    company.run("update device_state set hello = '{\"faults\": [\"FAULT-LOOP\", \"FAULT-FIRE\"], \"backlog\": 0}'").await;
    assert_eq!(company.watch().await, 0, "both faults last");
    company.run("update device_state set hello = '{\"faults\": [\"FAULT-FIRE\"], \"backlog\": 7}'").await;
    assert_eq!(company.watch().await, 0, "the lane has more to say");
    company.run("update device_state set hello = '{\"faults\": [\"FAULT-FIRE\"], \"backlog\": 0}'").await;
    assert_eq!(company.watch().await, 1);
    let mut left = company.open_alarms().await;
    left.sort();
    assert_eq!(left, ["fire", "unauthorised_passage"], "a car that passed stays until a person has looked");
}
