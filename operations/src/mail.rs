//! Mail to people: what it says, and the trait by which it is sent.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use boomgate_domain::reason::Lang;
use jiff::Timestamp;

use crate::links::LinkKind;

/// A mail to one person, plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// An address such as `ann@example.org`.
    pub to: String,
    /// One line.
    pub subject: String,
    /// May have several lines.
    pub text: String,
}

/// Why a mail was not sent.
pub type MailError = Box<dyn Error + Send + Sync>;

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync + fmt::Debug {
    /// Returns once a server took the mail.
    ///
    /// # Errors
    /// No server took it.
    async fn send(&self, mail: Mail) -> Result<(), MailError>;
}

/// With a link to choose a password.
#[must_use]
pub fn link(
    lang: Lang,
    kind: LinkKind,
    (name, company): (&str, &str),
    url: &str,
    until: Timestamp,
) -> (String, String) {
    let until = until.strftime("%Y-%m-%d %H:%M UTC");
    match (lang, kind) {
        (Lang::En, LinkKind::Invitation | LinkKind::Setup) => (
            format!("{company}: you are invited to Boomgate"),
            format!(
                "{company} invites you to Boomgate as {name}.\n\nChoose your password here:\n{url}\n\n\
                 The link works once, until {until}.\n"
            ),
        ),
        (Lang::En, LinkKind::Reset) => (
            format!("{company}: a new password for Boomgate"),
            format!(
                "An admin of {company} made a link by which {name} chooses a new password:\n{url}\n\n\
                 It works once, until {until}. The old password works until you have chosen a new one.\n"
            ),
        ),
        (Lang::Vi, LinkKind::Invitation | LinkKind::Setup) => (
            format!("{company}: bạn được mời vào Boomgate"),
            format!(
                "{company} mời bạn dùng Boomgate với tên {name}.\n\nChọn mật khẩu tại đây:\n{url}\n\n\
                 Liên kết chỉ dùng được một lần, đến {until}.\n"
            ),
        ),
        (Lang::Vi, LinkKind::Reset) => (
            format!("{company}: mật khẩu mới cho Boomgate"),
            format!(
                "Quản trị viên của {company} đã tạo liên kết để {name} chọn mật khẩu mới:\n{url}\n\n\
                 Liên kết chỉ dùng được một lần, đến {until}. Mật khẩu cũ vẫn dùng được cho đến khi bạn chọn mật khẩu mới.\n"
            ),
        ),
    }
}

/// About a log-in from a browser or program not seen before.
#[must_use]
pub fn new_device(lang: Lang, name: &str, address: &str, agent: &str) -> (String, String) {
    match lang {
        Lang::En => (
            "Boomgate: a log-in from a new device".into(),
            format!(
                "Somebody logged in as {name} from a browser or program that was not seen before.\n\n\
                 Address: {address}\nBrowser: {agent}\n\n\
                 If that was not you, change your password and end the session under \"My account\".\n"
            ),
        ),
        Lang::Vi => (
            "Boomgate: đăng nhập từ thiết bị mới".into(),
            format!(
                "Có người đã đăng nhập với tên {name} từ trình duyệt hoặc chương trình chưa từng thấy.\n\n\
                 Địa chỉ: {address}\nTrình duyệt: {agent}\n\n\
                 Nếu không phải bạn, hãy đổi mật khẩu và kết thúc phiên trong \"Tài khoản của tôi\".\n"
            ),
        ),
    }
}

/// To the holder of a subscription that ends soon; `until` by the clock of the site.
#[must_use]
pub fn subscription_ends(lang: Lang, holder: &str, site: &str, until: &str) -> (String, String) {
    match lang {
        Lang::En => (
            format!("{site}: your subscription ends on {until}"),
            format!(
                "{holder},\n\nyour subscription for {site} ends on {until}. From then on your cars come in as visitors.\n\n\
                 To go on, please ask {site} to renew it.\n"
            ),
        ),
        Lang::Vi => (
            format!("{site}: vé tháng của bạn hết hạn vào {until}"),
            format!(
                "{holder},\n\nvé tháng của bạn tại {site} hết hạn vào {until}. Từ lúc đó xe của bạn vào như khách vãng lai.\n\n\
                 Để tiếp tục, vui lòng liên hệ {site} để gia hạn.\n"
            ),
        ),
    }
}
