//! A car park with two lanes, a tariff and people, and an api that serves it on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use boomgate_api::{Api, ApiConfig, Front, Reach};
use boomgate_domain::direction::Direction;
use boomgate_domain::ids::{
    ApiKeyId, ArrivalId, CommandId, DeviceId, LaneId, SiteId, StayId, TenantId, UserId,
};
use boomgate_domain::tariff::Tariff;
use boomgate_operations::mail::Mailer;
use boomgate_store::api_keys::{self, NewApiKey};
use boomgate_store::arrivals::ArrivalRow;
use boomgate_store::batch::{Need, Session, Writes};
use boomgate_store::decisions::NewDecision;
use boomgate_store::devices::{self, NewDevice};
use boomgate_store::lanes;
use boomgate_store::memberships::{self, Role};
use boomgate_store::preview_frames::{self, PreviewFrame};
use boomgate_store::reading_counts::CountedReading;
use boomgate_store::sites;
use boomgate_store::stays::StayRow;
use boomgate_store::tariffs;
use boomgate_store::testing::{TestDatabase, rows};
use boomgate_store::users::{self, NewSession, NewUser};
use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use object_store::local::LocalFileSystem;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

/// What every person of these tests logs in with.
pub const PASSWORD: &str = "a barrier in the morning fog";

/// A page of another origin that may use the api.
pub const ALLOWED_ORIGIN: &str = "https://kiosk.example.org";

pub struct TestApp {
    pub db: TestDatabase,
    pub people: SocketAddr,
    pub devices: SocketAddr,
    pub api: Arc<Api>,
    pub ca: Authority,
    pub tenant: TenantId,
    pub site: SiteId,
    pub entry: LaneId,
    pub exit: LaneId,
    pub device: DeviceId,
    pub stop: watch::Sender<bool>,
    pub serving: JoinHandle<()>,
    pub http: reqwest::Client,
    pictures: tempfile::TempDir,
}

/// A key of a program.
pub struct Key {
    pub id: ApiKeyId,
    pub token: String,
}

/// Somebody with a session.
pub struct TestUser {
    pub id: UserId,
    pub name: String,
    pub token: String,
    /// The token goes as a cookie.
    pub browser: bool,
}

pub type Authority = rcgen::CertifiedIssuer<'static, rcgen::KeyPair>;

impl TestApp {
    pub async fn open() -> Self {
        Self::open_behind(Front::default(), Front::default()).await
    }

    /// With proxies before the people's and the devices' listener.
    pub async fn open_behind(people: Front, devices: Front) -> Self {
        Self::open_with((people, devices), None).await
    }

    /// With a server that takes mail.
    pub async fn open_with_mail(mailer: Arc<dyn Mailer>) -> Self {
        Self::open_with((Front::default(), Front::default()), Some(mailer)).await
    }

    async fn open_with(fronts: (Front, Front), mailer: Option<Arc<dyn Mailer>>) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let db = TestDatabase::new().await;
        let pictures = tempfile::tempdir().unwrap();
        let (stop, stopped) = watch::channel(false);
        let config = ApiConfig {
            pool: db.pool.clone(),
            address: db.address.clone(),
            evidence: Arc::new(LocalFileSystem::new_with_prefix(pictures.path()).unwrap()),
            metrics: numbers(),
            ready: watch::channel(true).1,
            people: fronts.0,
            devices: fronts.1,
            reach: Reach { allowed_origins: vec![ALLOWED_ORIGIN.to_owned()], ..Reach::default() },
            mailer,
            token_key: SigningKey::from_bytes(&[9; 32]),
        };
        let api = Arc::new(Api::new(config, stopped));
        let (people, devices) = (listener().await, listener().await);
        let (people_at, devices_at) = (people.local_addr().unwrap(), devices.local_addr().unwrap());
        let ca = authority();
        let tls = device_tls(&ca);
        let serves = Arc::clone(&api);
        let serving = tokio::spawn(async move {
            let api = serves;
            tokio::join!(api.serve_people(people, None), api.serve_devices(devices, tls));
        });
        let mut app = Self {
            db,
            people: people_at,
            devices: devices_at,
            api,
            ca,
            tenant: TenantId::from_uuid(Uuid::now_v7()),
            site: SiteId::from_uuid(Uuid::now_v7()),
            entry: LaneId::from_uuid(Uuid::now_v7()),
            exit: LaneId::from_uuid(Uuid::now_v7()),
            device: DeviceId::from_uuid(Uuid::now_v7()),
            stop,
            serving,
            http: reqwest::Client::new(),
            pictures,
        };
        app.build().await;
        app
    }

    async fn build(&mut self) {
        let client = self.db.pool.get().await.unwrap();
        sites::insert_tenant(&client, self.tenant, "North Parking").await.unwrap();
        sites::insert(&client, &rows::site(self.tenant, self.site, "north")).await.unwrap();
        for (id, code, direction) in
            [(self.entry, "in-1", Direction::Entry), (self.exit, "out-1", Direction::Exit)]
        {
            let lane = rows::lane(self.site, id, code, direction);
            lanes::insert(&client, &lane).await.unwrap();
        }
        devices::insert(&client, &new_device(self.site, self.device, self.exit, "pi-1")).await.unwrap();
        tariffs::insert(
            &client,
            self.site,
            &rows::tariff(100),
            Timestamp::now() - SignedDuration::from_hours(1),
            (None, ""),
        )
        .await
        .unwrap();
    }

    /// Another company with its own site, and its admin.
    pub async fn stranger(&self) -> TestUser {
        self.stranger_as("admin").await
    }

    /// Another company with its own site, and somebody of it.
    pub async fn stranger_as(&self, role: &'static str) -> TestUser {
        let (tenant, site) = (TenantId::from_uuid(Uuid::now_v7()), SiteId::from_uuid(Uuid::now_v7()));
        let client = self.db.pool.get().await.unwrap();
        sites::insert_tenant(&client, tenant, "South Parking").await.unwrap();
        let code = format!("south-{}", &site.to_string()[24..]);
        sites::insert(&client, &rows::site(tenant, site, &code)).await.unwrap();
        self.person_of(tenant, None, role).await
    }

    /// Somebody of this tenant who may see this site.
    pub async fn person(&self, role: &'static str) -> TestUser {
        self.person_of(self.tenant, Some(self.site), role).await
    }

    /// Somebody without a role, who logs in with [`PASSWORD`].
    pub async fn user(&self, tenant: TenantId, id: UserId, name: &str) {
        let client = self.db.pool.get().await.unwrap();
        let user = NewUser {
            tenant,
            id,
            name: name.to_owned(),
            email: None,
            password_hash: password_hash(),
            password_set_at: Some(Timestamp::now()),
        };
        users::insert(&client, &user).await.unwrap();
    }

    /// A role at a site, or at every site of the tenant.
    pub async fn give(&self, user: UserId, site: Option<SiteId>, role: &str) {
        let client = self.db.pool.get().await.unwrap();
        memberships::put(&client, user, site, Role::parse(role).unwrap()).await.unwrap();
    }

    pub async fn tenant_of(&self, person: &TestUser) -> TenantId {
        let client = self.db.pool.get().await.unwrap();
        users::get(&client, person.id).await.unwrap().unwrap().tenant_id
    }

    /// A key that acts for an operator of this site, with these permissions.
    pub async fn key(&self, permissions: &[&'static str]) -> Key {
        let maker = self.person("operator").await;
        let (id, token) = (ApiKeyId::from_uuid(Uuid::now_v7()), format!("bgk_{}", Uuid::now_v7()));
        let now = Timestamp::now();
        let new = NewApiKey {
            tenant: self.tenant,
            id,
            name: format!("key {id}"),
            token_hash: Sha256::digest(&token).into(),
            permissions: permissions.to_vec(),
            sites: None,
            created_by: maker.id,
            created_at: now,
            expires_at: now + SignedDuration::from_hours(1),
        };
        api_keys::insert(&self.db.pool.get().await.unwrap(), &new).await.unwrap();
        Key { id, token }
    }

    /// The newest line of the audit about this: kind and id of the actor, and the detail.
    pub async fn audited(&self, action: &str) -> Value {
        let sql = "select jsonb_build_object('kind', actor_kind, 'id', actor_id, 'detail', detail)
                   from audit where action = $1 order by at desc limit 1";
        self.db.pool.get().await.unwrap().query_one(sql, &[&action]).await.unwrap().get(0)
    }

    /// A second site of this tenant, without lanes.
    pub async fn annex(&self) -> SiteId {
        let site = SiteId::from_uuid(Uuid::now_v7());
        let code = format!("annex-{}", &site.to_string()[24..]);
        let client = self.db.pool.get().await.unwrap();
        sites::insert(&client, &rows::site(self.tenant, site, &code)).await.unwrap();
        site
    }

    /// Somebody in a browser who has just given the password again.
    pub async fn stepped_up(&self, role: &'static str) -> TestUser {
        let site = (role != "admin").then_some(self.site);
        self.step_up(self.person_of(self.tenant, site, role).await).await
    }

    /// The same person in a browser, who has just given the password again.
    pub async fn step_up(&self, person: TestUser) -> TestUser {
        let sql = "update sessions set kind = 'browser', stepped_up_at = now() where user_id = $1";
        self.db.pool.get().await.unwrap().execute(sql, &[&person.id.as_uuid()]).await.unwrap();
        TestUser { browser: true, ..person }
    }

    /// One more session of somebody; its id.
    pub async fn further_session(&self, of: &TestUser) -> Uuid {
        let sql = "insert into sessions (token_hash, user_id, kind, created_at, expires_at, last_seen)
                   values (sha256(gen_random_uuid()::text::bytea), $1, 'bearer', now(), now() + interval '1 h', now())
                   returning id";
        self.db.pool.get().await.unwrap().query_one(sql, &[&of.id.as_uuid()]).await.unwrap().get(0)
    }

    pub async fn person_of(&self, tenant: TenantId, site: Option<SiteId>, role: &'static str) -> TestUser {
        let id = UserId::from_uuid(Uuid::now_v7());
        let name = format!("{role} {id}");
        let client = self.db.pool.get().await.unwrap();
        self.user(tenant, id, &name).await;
        self.give(id, site, role).await;
        let token = hex::encode(Uuid::now_v7().as_bytes().repeat(2));
        let now = Timestamp::now();
        let session = NewSession {
            id: Uuid::now_v7(),
            token_hash: Sha256::digest(&token).into(),
            user: id,
            kind: "bearer",
            created_at: now,
            expires_at: now + SignedDuration::from_hours(1),
            address: "127.0.0.1".into(),
            agent: "test".into(),
        };
        users::open_session(&client, &session).await.unwrap();
        TestUser { id, name, token, browser: false }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.people)
    }

    pub fn get(&self, path: &str, by: &TestUser) -> RequestBuilder {
        self.http.get(self.url(path)).bearer_auth(&by.token)
    }

    /// A POST with a fresh Idempotency-Key.
    pub fn post(&self, path: &str, by: &TestUser, body: &Value) -> RequestBuilder {
        let key = Uuid::now_v7().to_string();
        self.http.post(self.url(path)).bearer_auth(&by.token).header("idempotency-key", key).json(body)
    }

    /// The metrics, of a listener of their own without a token.
    pub async fn metrics(&self, bearer: Option<&str>) -> Response {
        self.ask_metrics(None, bearer).await
    }

    pub async fn metrics_with(&self, token: &str, bearer: Option<&str>) -> Response {
        self.ask_metrics(Some(token.to_owned()), bearer).await
    }

    async fn ask_metrics(&self, token: Option<String>, bearer: Option<&str>) -> Response {
        let (listener, api) = (listener().await, Arc::clone(&self.api));
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        tokio::spawn(async move { api.serve_metrics(listener, token).await });
        let request = self.http.get(url);
        bearer.into_iter().fold(request, |request, token| request.bearer_auth(token)).send().await.unwrap()
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(path))
    }

    /// A car that came in `minutes` ago.
    pub async fn stay(&self, plate: &str, minutes: i64) -> StayRow {
        let row = StayRow {
            site_id: self.site.as_uuid(),
            id: Uuid::now_v7(),
            plate: Some(plate.to_owned()),
            state: StayRow::OPEN.to_owned(),
            vehicle_type: None,
            entry_lane_id: Some(self.entry.as_uuid()),
            entry_arrival_id: Some(Uuid::now_v7()),
            entered_at: Some(Timestamp::now() - SignedDuration::from_secs(minutes * 60 - 30)),
            entry_code: Some("OPEN-FREE".into()),
            entry_evidence: None,
            exit_lane_id: None,
            exit_arrival_id: None,
            exited_at: None,
            exit_code: None,
            exit_evidence: None,
            tariff_id: None,
            currency: "EUR".into(),
            charged_minor: 0,
            note: String::new(),
            paid_minor: 0,
            exit_deadline: None,
            validations: json!([]),
            month_minor: 0,
            payments: json!([]),
        };
        self.write(Writes { stays: vec![row.clone()], ..Writes::default() }).await;
        row
    }

    /// The stay's car at the exit, charged `minor` cents `ago` seconds ago, as ingest writes it.
    pub async fn charged_at_exit(&self, stay: &StayRow, minor: i64, ago: i64) -> Uuid {
        let id = Uuid::now_v7();
        let at = Timestamp::now() - SignedDuration::from_secs(ago);
        let arrival = ArrivalRow {
            site_id: stay.site_id,
            id,
            lane_id: self.exit.as_uuid(),
            direction: "exit".into(),
            plate: stay.plate.clone(),
            reading: None,
            vehicle_type: None,
            evidence: Some(vec![7; 32]),
            arrived_at: at,
            received_at: at,
            decision_id: Some(Uuid::now_v7()),
            outcome: Some("charge".into()),
            code: Some("CHARGE-DUE".into()),
            stay_id: Some(stay.id),
            amount_minor: Some(minor),
            passed_at: None,
            paired_at: None,
        };
        let decision = NewDecision {
            site_id: stay.site_id,
            id: arrival.decision_id.unwrap(),
            arrival_id: id,
            lane_id: arrival.lane_id,
            outcome: "charge",
            code: "CHARGE-DUE".into(),
            params: json!({ "amount": format!("{}.{:02} EUR", minor / 100, minor % 100) }),
            local: false,
            superseded: false,
            stay_id: Some(stay.id),
            amount_minor: Some(minor),
            currency: Some("EUR".into()),
            decided_at: at,
        };
        self.write(Writes { arrivals: vec![arrival], decisions: vec![decision], ..Writes::default() }).await;
        id
    }

    /// A car at the exit that was refused since no stay is its own; `read` as its lane told it, the newest picture's plate.
    pub async fn refused_at_exit(&self, plate: Option<&str>, reading: Option<Value>) -> Uuid {
        let id = Uuid::now_v7();
        let at = Timestamp::now();
        let (decision, code) =
            (Uuid::now_v7(), if plate.is_some() { "DENY-NO-STAY" } else { "DENY-UNREADABLE" });
        let arrival = ArrivalRow {
            site_id: self.site.as_uuid(),
            id,
            lane_id: self.exit.as_uuid(),
            direction: "exit".into(),
            plate: plate.map(str::to_owned),
            reading,
            vehicle_type: None,
            evidence: Some(vec![8; 32]),
            arrived_at: at,
            received_at: at,
            decision_id: Some(decision),
            outcome: Some("deny".into()),
            code: Some(code.into()),
            stay_id: None,
            amount_minor: None,
            passed_at: None,
            paired_at: None,
        };
        let made = NewDecision {
            site_id: self.site.as_uuid(),
            id: decision,
            arrival_id: id,
            lane_id: self.exit.as_uuid(),
            outcome: "deny",
            code: code.into(),
            params: json!({}),
            local: false,
            superseded: false,
            stay_id: None,
            amount_minor: None,
            currency: None,
            decided_at: at,
        };
        let counted = CountedReading {
            site_id: self.site.as_uuid(),
            lane_id: self.exit.as_uuid(),
            at,
            is_read: plate.is_some(),
        };
        let writes = Writes {
            arrivals: vec![arrival],
            decisions: vec![made],
            readings: vec![counted],
            ..Writes::default()
        };
        self.write(writes).await;
        id
    }

    /// Writes as a batch of ingest does.
    pub async fn write(&self, writes: Writes) {
        let mut session = Session::open(&self.db.pool, Duration::from_secs(5)).await.unwrap();
        let need = Need { sites: vec![self.site.as_uuid()], now: Timestamp::now(), ..Need::default() };
        session.begin(&need).await.unwrap();
        session.commit(&writes).await.unwrap();
    }

    /// A ticket given by hand a quarter of an hour ago; its number.
    pub async fn ticket(&self, plate: &str) -> String {
        let ann = self.person("operator").await;
        let body = json!({ "site": "north", "plate": plate });
        let ticket = good(self.post("/api/v1/tickets", &ann, &body).send().await.unwrap(), 201).await;
        let sql = format!(
            "update stays set entered_at = entered_at - interval '15 minutes' where id = '{}'",
            ticket["stay"].as_str().unwrap()
        );
        self.run(&sql).await;
        ticket["number"].as_str().unwrap().to_owned()
    }

    /// From now on a lost ticket costs 20 euros.
    pub async fn price_of_lost_tickets(&self) {
        let client = self.db.pool.get().await.unwrap();
        let version = self.count("select max(version)::bigint from tariffs").await as u32 + 1;
        let tariff = Tariff { lost_ticket: Some(2000), version, ..rows::tariff(100) };
        tariffs::insert(&client, self.site, &tariff, Timestamp::now(), (None, "ann")).await.unwrap();
    }

    /// A picture that a lane sent because somebody asked for it.
    pub async fn preview_frame(&self, lane: LaneId) {
        let frame = PreviewFrame {
            command_id: CommandId::from_uuid(Uuid::now_v7()),
            taken_at: Timestamp::now(),
            jpeg: vec![0xff, 0xd8, 0xff, 1],
        };
        preview_frames::put(&self.db.pool.get().await.unwrap(), (self.site, lane), &frame).await.unwrap();
    }

    /// Lays a picture where the api keeps it.
    pub fn put_picture(&self, hash: &[u8; 32], bytes: &[u8]) {
        let folder = self.pictures.path().join(self.site.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{}.jpg", hex::encode(hash))), bytes).unwrap();
    }

    pub async fn count(&self, sql: &str) -> i64 {
        self.db.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Seals the audit as the job does.
    pub async fn seal_audit(&self) {
        let mut client = self.db.pool.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        boomgate_store::audit::seal(&tx, 1000).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Something done behind the api's back.
    pub async fn run(&self, sql: &str) {
        self.db.pool.get().await.unwrap().batch_execute(sql).await.unwrap();
    }
}

/// The body of a problem, after checking its form.
pub async fn problem(response: Response, status: u16) -> Value {
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let given = response.status();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let text = response.text().await.unwrap();
    assert_eq!(given, StatusCode::from_u16(status).unwrap(), "{text}");
    assert_eq!(kind.as_deref(), Some("application/problem+json"), "{text}");
    let mut body: Value = serde_json::from_str(&text).unwrap();
    // No two requests have the same.
    assert_eq!(body["request_id"].take(), id);
    assert_eq!(body["status"], status);
    for member in ["type", "title", "detail", "message", "code"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {text}");
    }
    body
}

/// The body of a success.
pub async fn good(response: Response, status: u16) -> Value {
    let given = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(given, StatusCode::from_u16(status).unwrap(), "{text}");
    serde_json::from_str(&text).unwrap()
}

pub fn arrival(id: Uuid) -> ArrivalId {
    ArrivalId::from_uuid(id)
}

pub fn stay_id(row: &StayRow) -> StayId {
    StayId::from_uuid(row.id)
}

pub async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn numbers() -> PrometheusHandle {
    static NUMBERS: OnceLock<PrometheusHandle> = OnceLock::new();
    NUMBERS.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap()).clone()
}

fn password_hash() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| boomgate_operations::passwords::hash(PASSWORD).unwrap()).clone()
}

pub fn new_device(site: SiteId, id: DeviceId, lane: LaneId, code: &str) -> NewDevice {
    rows::device(site, id, lane, code, [3; 32])
}

pub fn authority() -> Authority {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    Authority::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key in PEM.
pub fn certificate(ca: &Authority, name: rcgen::SanType) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.subject_alt_names = vec![name];
    (params.signed_by(&key, ca).unwrap().pem(), key.serialize_pem())
}

fn device_tls(ca: &Authority) -> TlsAcceptor {
    let (cert, key) = certificate(ca, rcgen::SanType::DnsName("localhost".try_into().unwrap()));
    let config = boomgate_broker::server_config(ca.pem().as_bytes(), cert.as_bytes(), key.as_bytes());
    TlsAcceptor::from(config.unwrap())
}
