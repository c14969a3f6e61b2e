//! The second factor: one-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 s), and recovery codes for the
//! day the phone is lost.

use boomgate_domain::ids::UserId;
use boomgate_store::GenericClient;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::notices::{self, NoticeKind};
use boomgate_store::second_factors as stored;
use boomgate_store::users as stored_users;
use fast_qr::convert::Builder as _;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use jiff::Timestamp;
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use crate::access::{AccessError, Authorized, Grant, SignedIn, UsersManage};
use crate::error::OperationError;
use crate::fault::Fault;
use crate::unit::Unit;
use crate::{passwords, tokens, users};

/// Recovery codes a person gets.
const RECOVERY_CODES: usize = 10;

/// Shown by authenticator apps above the name.
const ISSUER: &str = "Boomgate";

/// What an authenticator app needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// 160 bits in base 32, to be typed.
    pub secret: String,
    /// `otpauth://totp/…`.
    pub uri: String,
    /// The same as a QR code: SVG.
    pub qr_svg: String,
}

/// The second factor of the first person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstFactor {
    /// As it was proposed, in base 32.
    pub secret: String,
    /// A code of it, which proves that the app has the secret; none where whoever types the commands reads the secret there.
    pub code: Option<String>,
}

/// Whether codes are asked for, and how many recovery codes are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Codes are asked for.
    pub on: bool,
    /// Not used yet.
    pub recovery_codes_left: i64,
}

/// A secret that no one uses yet, for somebody of this name.
///
/// # Errors
/// The library's.
pub fn propose(name: &str) -> Result<Enrolment, OperationError> {
    enrolment(&rand::random::<[u8; 20]>(), name)
}

fn enrolment(secret: &[u8], name: &str) -> Result<Enrolment, OperationError> {
    // A colon separates issuer and name.
    let name = name.replace(':', " ");
    let totp = builder(secret).with_issuer(Some(ISSUER)).with_account_name(name).build().map_err(broken)?;
    let uri = totp.to_url().map_err(broken)?;
    let qr = QRBuilder::new(uri.as_str()).build().map_err(broken)?;
    let qr_svg = SvgBuilder::default().margin(2).to_str(&qr);
    Ok(Enrolment { secret: Secret::new(secret.into()).to_base32(), uri, qr_svg })
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new().with_secret(Secret::new(secret.into()))
}

fn totp(secret: &[u8]) -> Result<Totp, OperationError> {
    builder(secret).with_account_name("account").build().map_err(broken)
}

fn broken(error: impl std::fmt::Debug) -> OperationError {
    OperationError::Broken(format!("one-time codes: {error:?}"))
}

/// The step of the clock this code is of: the present one, the one before or the one after.
fn step_of(secret: &[u8], code: &str) -> Result<Option<i64>, OperationError> {
    let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    if code.len() != 6 || !code.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(None);
    }
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    Ok(totp(secret)?.check(&code, now).and_then(|step| i64::try_from(step).ok()))
}

/// The state of a user's second factor.
///
/// # Errors
/// No such user; the database's.
pub async fn state(client: &impl GenericClient, user: UserId) -> Result<State, OperationError> {
    let found = stored::of_user(client, user).await?.ok_or(OperationError::NotFound("user"))?;
    Ok(State { on: found.confirmed_at.is_some(), recovery_codes_left: found.codes_left })
}

/// Gives the caller a secret, which counts once they [`confirm`] it.
///
/// # Errors
/// No step-up in the last ten minutes; codes are asked for already; the database's.
pub async fn begin(unit: &Unit<'_>, by: &Authorized<SignedIn>) -> Result<Enrolment, OperationError> {
    let user = stepped_up(by)?;
    stored::lock(unit.tx(), user).await?;
    if state(unit.tx(), user).await?.on {
        let why = "one-time codes are asked for already; turn them off first";
        return Err(OperationError::conflict("TOTP-ON", why));
    }
    let secret: [u8; 20] = rand::random();
    stored::begin(unit.tx(), user, &secret).await?;
    enrolment(&secret, &by.actor().name)
}

/// From now on the caller is asked for codes: they proved with one that their app has the secret. Returns the recovery codes,
/// which are shown this once.
///
/// # Errors
/// No step-up; nothing was begun; the code is wrong; the database's.
pub async fn confirm(
    unit: &Unit<'_>,
    by: &Authorized<SignedIn>,
    code: &str,
) -> Result<Vec<String>, OperationError> {
    let user = stepped_up(by)?;
    stored::lock(unit.tx(), user).await?;
    let found = stored::of_user(unit.tx(), user).await?.ok_or(OperationError::NotFound("user"))?;
    let (Some(secret), None) = (found.secret, found.confirmed_at) else {
        return Err(OperationError::conflict("TOTP-NOT-BEGUN", "ask for a secret first"));
    };
    turn_on(unit, user, &secret, "otp", code).await?;
    note(unit, by, user, true).await?;
    renew(unit, user).await
}

/// For a user who is made with a second factor.
pub(crate) async fn enrol(
    unit: &Unit<'_>,
    user: UserId,
    factor: &FirstFactor,
) -> Result<Vec<String>, OperationError> {
    let secret = Secret::try_from_base32(&factor.secret).ok().filter(|secret| secret.as_bytes().len() == 20);
    let message = "is not a secret as this server gives it";
    let secret = secret.ok_or_else(|| OperationError::invalid("admin.totp.secret", message))?;
    stored::begin(unit.tx(), user, secret.as_bytes()).await?;
    match &factor.code {
        Some(code) => turn_on(unit, user, secret.as_bytes(), "admin.totp.otp", code).await?,
        None => stored::confirm(unit.tx(), user, Timestamp::now(), 0).await?,
    }
    renew(unit, user).await
}

async fn turn_on(
    unit: &Unit<'_>,
    user: UserId,
    secret: &[u8],
    field: &'static str,
    code: &str,
) -> Result<(), OperationError> {
    let message = "the code does not fit; is the clock of the phone right?";
    let step = step_of(secret, code)?.ok_or_else(|| Fault::new(field, "WRONG-OTP", message))?;
    Ok(stored::confirm(unit.tx(), user, Timestamp::now(), step).await?)
}

/// Whether this is the user's present code, which was not used before, or an unused recovery code. It is used afterwards.
///
/// # Errors
/// The database's.
pub async fn accept(unit: &Unit<'_>, user: UserId, given: &str) -> Result<bool, OperationError> {
    let tx = unit.tx();
    stored::lock(tx, user).await?;
    let Some(found) = stored::of_user(tx, user).await? else { return Ok(false) };
    let (Some(secret), Some(_)) = (&found.secret, found.confirmed_at) else { return Ok(false) };
    if let Some(step) = step_of(secret, given)? {
        if found.last_step.is_some_and(|last| step <= last) {
            return Ok(false);
        }
        stored::use_step(tx, user, step).await?;
        return Ok(true);
    }
    let used = stored::use_code(tx, user, &recovery_hash(given), Timestamp::now()).await?;
    if used {
        let left = json!({ "left": (found.codes_left - 1).to_string() });
        notices::insert(tx, user, NoticeKind::RecoveryCodeUsed, &left).await?;
    }
    Ok(used)
}

/// Asks the caller for codes no more.
///
/// # Errors
/// No step-up; the database's.
pub async fn remove(unit: &Unit<'_>, by: &Authorized<SignedIn>) -> Result<(), OperationError> {
    let user = stepped_up(by)?;
    stored::remove(unit.tx(), user).await?;
    note(unit, by, user, false).await
}

/// Lets somebody in again who lost their phone, their recovery codes or their password: no code is asked for, and the password
/// is the one with this hash. Their sessions end. Whether codes were asked for.
///
/// # Errors
/// An unknown or disabled user; the database's.
pub async fn rescue(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    name: &str,
    hash: &str,
) -> Result<bool, OperationError> {
    let tx = unit.tx();
    let known = stored_users::in_tenant(tx, by.actor().tenant, name).await?;
    let known = known.ok_or_else(|| OperationError::Unknown(format!("nobody named {name} is known")))?;
    if known.disabled_at.is_some() {
        let why = format!("{name} is disabled: nothing lets them in");
        return Err(OperationError::conflict("USER-DISABLED", why));
    }
    let was_on = state(tx, known.id).await?.on;
    stored::remove(tx, known.id).await?;
    if was_on {
        note(unit, by, known.id, false).await?;
    }
    users::reset_password(tx, known.id, hash).await?;
    let person = users::person_of(tx, known.id).await?;
    let action = AuditAction::UserPassword { user: known.id.as_uuid() };
    users::note(tx, by, &[&person.sees()], action).await?;
    Ok(was_on)
}

/// New recovery codes in place of all the caller had; shown this once.
///
/// # Errors
/// No step-up; no codes are asked for; the database's.
pub async fn renew_codes(unit: &Unit<'_>, by: &Authorized<SignedIn>) -> Result<Vec<String>, OperationError> {
    let user = stepped_up(by)?;
    if !state(unit.tx(), user).await?.on {
        return Err(OperationError::conflict(
            "TOTP-OFF",
            "no one-time codes are asked for; there is nothing to recover",
        ));
    }
    renew(unit, user).await
}

async fn renew(unit: &Unit<'_>, user: UserId) -> Result<Vec<String>, OperationError> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| passwords::new()).collect();
    let hashes: Vec<[u8; 32]> = codes.iter().map(|code| recovery_hash(code)).collect();
    stored::put_codes(unit.tx(), user, &hashes).await?;
    Ok(codes)
}

/// Case, spaces and dashes do not matter: people type it from paper.
fn recovery_hash(code: &str) -> [u8; 32] {
    let letters: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    tokens::hash(&letters.to_ascii_lowercase())
}

fn stepped_up(by: &Authorized<SignedIn>) -> Result<UserId, OperationError> {
    match by.actor().user() {
        Some(user) if by.actor().stepped_up => Ok(user),
        _ => Err(AccessError::StepUpNeeded.into()),
    }
}

async fn note<G: Grant>(
    unit: &Unit<'_>,
    by: &Authorized<G>,
    user: UserId,
    on: bool,
) -> Result<(), OperationError> {
    let kind = if on { NoticeKind::SecondFactorOn } else { NoticeKind::SecondFactorOff };
    notices::insert(unit.tx(), user, kind, &json!({})).await?;
    let person = users::person_of(unit.tx(), user).await?;
    let action = AuditAction::UserSecondFactor { user: user.as_uuid(), on };
    users::note(unit.tx(), by, &[&person.sees()], action).await
}
