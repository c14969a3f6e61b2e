//! Why something was decided, refused, broken or rejected: a frozen registry of codes with typed parameters.
//!
//! A code never changes its meaning and is never removed; new ones are added. Texts are for people (sign, app, API)
//! and may be reworded. No parameter ever holds a plate: reasons go where plates may not.
//!
//! One table in one file, however long it grows: a code, its parameters and its texts are read side by side.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ReservationId, SubscriptionId, UserId};
use crate::loops::{LoopFault, LoopRole};
use crate::money::Money;

/// Languages of the built-in texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    En,
    /// Vietnamese.
    Vi,
}

impl Lang {
    /// Every language there is.
    pub const ALL: [Self; 2] = [Self::En, Self::Vi];

    /// ISO 639-1.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Vi => "vi",
        }
    }
}

/// What a reason explains; the code's first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonKind {
    /// `OPEN-`: a decision that opens.
    Open,
    /// `DENY-`: a decision that does not.
    Deny,
    /// `CHARGE-`: a decision that waits for money.
    Charge,
    /// `CMD-`: a command ignored or refused, at the lane or before it was sent.
    Command,
    /// `FAULT-`: something broken or suspicious that a person should look at.
    Fault,
    /// `REJECT-`: an event that became a dead letter.
    Rejection,
}

/// Why a code and its parameters are not a reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum ReasonError {
    #[error("unknown reason code {0:?}")]
    UnknownCode(String),
    #[error("reason {code} lacks its parameter {name:?}")]
    Missing { code: &'static str, name: &'static str },
    #[error("reason {code} has a wrong {name:?}: {value:?}")]
    Wrong { code: &'static str, name: &'static str, value: String },
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident { $($name:ident: $type:ty),* } $code:literal en $en:literal vi $vi:literal)+) => {
        /// A reason with its parameters; see [`Reason::code`] and [`Reason::text`].
        #[expect(missing_docs, reason = "each code's text is its documentation")]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "Parts", into = "Parts")]
        pub enum Reason {
            $($(#[$doc])* $variant { $($name: $type),* },)+
        }

        impl Reason {
            /// Every code there is, in the order of the registry.
            pub const CODES: &[&str] = &[$($code),+];

            /// The stable code, such as `DENY-BLOCKLISTED`.
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)+
                }
            }

            /// Parameters by name, as text: amounts like `12.50 EUR`, ids as UUIDs, numbers in decimal.
            pub fn params(&self) -> BTreeMap<String, String> {
                match self {
                    $(Self::$variant { $($name),* } => {
                        BTreeMap::from([$((stringify!($name).to_owned(), $name.to_string())),*])
                    })+
                }
            }

            /// The reverse of `code` and `params`. Parameters it does not know are skipped: fields are only added.
            pub fn from_parts(code: &str, params: &BTreeMap<String, String>) -> Result<Self, ReasonError> {
                match code {
                    $($code => Ok(Self::$variant { $($name: read($code, stringify!($name), params)?),* }),)+
                    _ => Err(ReasonError::UnknownCode(code.chars().take(64).collect())),
                }
            }

            /// The text of `code` with `{parameter}` places; none for an unknown code.
            pub fn template(code: &str, lang: Lang) -> Option<&'static str> {
                match (code, lang) {
                    $(($code, Lang::En) => Some($en), ($code, Lang::Vi) => Some($vi),)+
                    _ => None,
                }
            }

            #[cfg(test)]
            fn samples() -> Vec<Self> {
                vec![$(Self::$variant { $($name: <$type as tests::Sample>::sample()),* }),+]
            }
        }
    };
}

reasons! {
    // Decisions that open.
    OpenSubscription { subscription: SubscriptionId } "OPEN-SUBSCRIPTION"
        en "Welcome. Your subscription is valid."
        vi "Xin chào. Vé tháng của bạn còn hiệu lực."
    OpenReservation { reservation: ReservationId } "OPEN-RESERVATION"
        en "Welcome. Your reservation is here."
        vi "Xin chào. Đã tìm thấy chỗ đặt trước của bạn."
    OpenVisitor {} "OPEN-VISITOR"
        en "Welcome. Pay before you leave."
        vi "Xin chào. Vui lòng thanh toán trước khi ra."
    OpenPaid { amount: Money } "OPEN-PAID"
        en "Thank you, {amount} paid. Goodbye."
        vi "Cảm ơn, đã thanh toán {amount}. Tạm biệt."
    OpenGrace { minutes: u32 } "OPEN-GRACE"
        en "Nothing to pay: you stayed {minutes} min. Goodbye."
        vi "Không phải trả tiền: bạn đã đỗ {minutes} phút. Tạm biệt."
    OpenFree {} "OPEN-FREE"
        en "Nothing to pay. Goodbye."
        vi "Không phải trả tiền. Tạm biệt."
    OpenManual { operator: UserId } "OPEN-MANUAL"
        en "Opened by an operator."
        vi "Nhân viên đã mở cổng."
    OpenTicket {} "OPEN-TICKET"
        en "Welcome. Keep your ticket."
        vi "Xin chào. Vui lòng giữ vé."
    OpenFire {} "OPEN-FIRE"
        en "Emergency. Leave now."
        vi "Khẩn cấp. Hãy rời đi ngay."
    OpenFailSafe {} "OPEN-FAIL-SAFE"
        en "Goodbye. What is owed will be settled later."
        vi "Tạm biệt. Số tiền còn nợ sẽ được tính sau."
    OpenOfflineVisitor {} "OPEN-OFFLINE-VISITOR"
        en "Welcome. The system is offline; pay before you leave."
        vi "Xin chào. Hệ thống đang ngoại tuyến; vui lòng thanh toán trước khi ra."
    OpenFreeFlow {} "OPEN-FREE-FLOW"
        en "Drive through."
        vi "Mời đi qua."

    // Decisions that refuse.
    DenyBlocklisted {} "DENY-BLOCKLISTED"
        en "No access. Please contact the operator."
        vi "Không được phép. Vui lòng liên hệ nhân viên."
    DenyFull {} "DENY-FULL"
        en "Full. No space is free at the moment."
        vi "Hết chỗ. Hiện không còn chỗ trống."
    DenyClosed {} "DENY-CLOSED"
        en "Closed for visitors."
        vi "Đã đóng cửa đối với khách vãng lai."
    DenyClosedToAll {} "DENY-CLOSED-TO-ALL"
        en "Closed."
        vi "Đã đóng cửa."
    DenyNoVisitors {} "DENY-NO-VISITORS"
        en "Only for subscribers and reservations."
        vi "Chỉ dành cho vé tháng và chỗ đặt trước."
    DenyPassback {} "DENY-PASSBACK"
        en "This plate is already inside. Please call the operator."
        vi "Biển số này đang ở trong bãi. Vui lòng gọi nhân viên."
    DenyPoolFull {} "DENY-POOL-FULL"
        en "All places of your subscription are taken."
        vi "Tất cả chỗ của vé tháng đã có xe."
    DenyOtherTime {} "DENY-OTHER-TIME"
        en "Your subscription does not hold at this time."
        vi "Vé tháng của bạn không dùng được vào giờ này."
    DenyOtherLane {} "DENY-OTHER-LANE"
        en "Your subscription does not hold at this lane. Please use another."
        vi "Vé tháng của bạn không dùng được ở làn này. Vui lòng dùng làn khác."
    DenyPaused {} "DENY-PAUSED"
        en "Your subscription is paused."
        vi "Vé tháng của bạn đang tạm ngưng."
    DenyUsedUp {} "DENY-USED-UP"
        en "The entries of your subscription are used up for this month."
        vi "Vé tháng của bạn đã dùng hết số lượt của tháng này."
    DenyElsewhere {} "DENY-ELSEWHERE"
        en "This plate is inside another car park. Please call the operator."
        vi "Biển số này đang ở bãi xe khác. Vui lòng gọi nhân viên."
    DenyUnreadable {} "DENY-UNREADABLE"
        en "Plate not readable. Take a ticket or call the operator."
        vi "Không đọc được biển số. Vui lòng lấy vé hoặc gọi nhân viên."
    DenyUnsure {} "DENY-UNSURE"
        en "Plate not read for sure. Take a ticket or call the operator."
        vi "Biển số chưa rõ. Vui lòng lấy vé hoặc gọi nhân viên."
    DenyNoStay {} "DENY-NO-STAY"
        en "No entry found for this car. Insert your ticket or call the operator."
        vi "Không tìm thấy lượt vào của xe này. Vui lòng đưa vé hoặc gọi nhân viên."
    DenyNearStay {} "DENY-NEAR-STAY"
        en "Entry to be confirmed. Insert your ticket or wait for the operator."
        vi "Cần xác nhận lượt vào. Vui lòng đưa vé hoặc chờ nhân viên."
    DenyTicketNeeded { amount: Money } "DENY-TICKET-NEEDED"
        en "{amount} is due. Please show your ticket or call the operator."
        vi "Cần thanh toán {amount}. Vui lòng đưa vé hoặc gọi nhân viên."
    DenyChargeFailed {} "DENY-CHARGE-FAILED"
        en "The price could not be computed. Please call the operator."
        vi "Không tính được giá tiền. Vui lòng gọi nhân viên."
    DenyOffline {} "DENY-OFFLINE"
        en "The system is offline. Take a ticket or call the operator."
        vi "Hệ thống đang ngoại tuyến. Vui lòng lấy vé hoặc gọi nhân viên."
    DenyManual { operator: UserId } "DENY-MANUAL"
        en "Refused by an operator."
        vi "Nhân viên đã từ chối."
    DenyMaintenance {} "DENY-MAINTENANCE"
        en "This lane is out of service. Please use another."
        vi "Làn này đang ngừng phục vụ. Vui lòng dùng làn khác."

    // Decisions that wait for money.
    ChargeDue { amount: Money } "CHARGE-DUE"
        en "Please pay {amount}."
        vi "Vui lòng thanh toán {amount}."
    ChargeSupplement { amount: Money, paid: Money } "CHARGE-SUPPLEMENT"
        en "Paid too long ago: please pay another {amount} ({paid} paid)."
        vi "Đã quá giờ ra: vui lòng trả thêm {amount} (đã trả {paid})."

    // Commands ignored (already so) or refused.
    CmdAlreadyOpen {} "CMD-ALREADY-OPEN"
        en "The boom is already open or opening."
        vi "Thanh chắn đã mở hoặc đang mở."
    CmdAlreadyClosed {} "CMD-ALREADY-CLOSED"
        en "The boom is already closed or closing."
        vi "Thanh chắn đã đóng hoặc đang đóng."
    CmdAlreadySo {} "CMD-ALREADY-SO"
        en "Nothing to change: it is already so."
        vi "Không có gì thay đổi: trạng thái đã như vậy."
    CmdDecidedLocally {} "CMD-DECIDED-LOCALLY"
        en "The lane had already decided by itself."
        vi "Làn đã tự quyết định trước đó."
    CmdDecided {} "CMD-DECIDED"
        en "This arrival is already decided."
        vi "Lượt xe này đã được quyết định."
    CmdNotAddressed {} "CMD-NOT-ADDRESSED"
        en "The command is addressed to another lane; nothing moved."
        vi "Lệnh dành cho làn khác; không có gì chuyển động."
    CmdEpoch {} "CMD-EPOCH"
        en "The lane has restarted since the command was made; nothing moved. Send it again."
        vi "Làn đã khởi động lại sau khi lệnh được tạo; không có gì chuyển động. Hãy gửi lại."
    CmdExpired {} "CMD-EXPIRED"
        en "The command came too late; nothing moved. Send it again."
        vi "Lệnh đến quá muộn; không có gì chuyển động. Hãy gửi lại."
    CmdReplay {} "CMD-REPLAY"
        en "A different command used an old counter; nothing moved and an alarm was raised."
        vi "Một lệnh khác dùng bộ đếm cũ; không có gì chuyển động và đã báo động."
    CmdNoVehicle {} "CMD-NO-VEHICLE"
        en "No vehicle stands at the lane; the boom stays shut."
        vi "Không có xe ở làn; thanh chắn vẫn đóng."
    CmdArrivalGone {} "CMD-ARRIVAL-GONE"
        en "The car this was meant for has left; the boom stays shut."
        vi "Xe liên quan đã rời đi; thanh chắn vẫn đóng."
    CmdNoReading {} "CMD-NO-READING"
        en "No reading was taken of the car that stands there; the boom stays shut."
        vi "Chưa đọc được xe đang đứng ở làn; thanh chắn vẫn đóng."
    CmdUnsafe {} "CMD-UNSAFE"
        en "The space under the boom is not known to be clear; it stays open."
        vi "Chưa chắc khu vực dưới thanh chắn trống; thanh chắn vẫn mở."
    CmdFire {} "CMD-FIRE"
        en "Fire input active or latched; only a reset at the lane clears it."
        vi "Tín hiệu cháy đang bật hoặc chưa xóa; chỉ có thể xóa tại làn."
    CmdStarting {} "CMD-STARTING"
        en "The lane has just started and waits for stable inputs; nothing moved."
        vi "Làn vừa khởi động và đang chờ tín hiệu ổn định; không có gì chuyển động."
    CmdLocalReset {} "CMD-LOCAL-RESET"
        en "The lane waits for a reset by a person on the spot."
        vi "Làn đang chờ người tại chỗ đặt lại."
    CmdBroken {} "CMD-BROKEN"
        en "The barrier is broken; a technician is needed."
        vi "Thanh chắn bị hỏng; cần kỹ thuật viên."
    CmdOutOfService {} "CMD-OUT-OF-SERVICE"
        en "The lane is out of service."
        vi "Làn đang ngừng phục vụ."
    CmdMode {} "CMD-MODE"
        en "The lane's mode keeps the boom up."
        vi "Chế độ của làn đang giữ thanh chắn mở."
    CmdBusy {} "CMD-BUSY"
        en "The lane does this already or is busy; try again."
        vi "Làn đang bận; hãy thử lại."
    CmdLaneNotHeard {} "CMD-LANE-NOT-HEARD"
        en "Cannot open: the lane has not been heard since its last start."
        vi "Không thể mở: chưa nhận được tín hiệu từ làn kể từ lần khởi động cuối."
    /// The lane's command counter is at its end; its device must be enrolled anew.
    CmdCounterSpent {} "CMD-COUNTER-SPENT"
        en "This lane's command counter is used up; enrol its device anew."
        vi "Bộ đếm lệnh của làn này đã hết; hãy đăng ký lại thiết bị."
    CmdSuperseded {} "CMD-SUPERSEDED"
        en "A newer command or the lane's own decision replaced this one."
        vi "Một lệnh mới hơn hoặc quyết định của làn đã thay thế lệnh này."
    CmdRestarted {} "CMD-RESTARTED"
        en "The lane restarted before the command was done; it is dead."
        vi "Làn khởi động lại trước khi lệnh hoàn tất; lệnh đã bị hủy."
    CmdSignature {} "CMD-SIGNATURE"
        en "The command's signature is wrong; nothing moved."
        vi "Chữ ký của lệnh không đúng; không có gì chuyển động."
    CmdUnknown { action: String } "CMD-UNKNOWN"
        en "This lane does not know the command {action}; nothing moved."
        vi "Làn này không biết lệnh {action}; không có gì chuyển động."

    // Faults and alarms.
    FaultLoop { position: LoopRole, fault: LoopFault } "FAULT-LOOP"
        en "The {position} loop is {fault}; it counts as occupied. Check the detector."
        vi "Vòng từ {position} gặp lỗi {fault}; được coi là có xe. Hãy kiểm tra bộ dò."
    FaultOpenTimeout { seconds: u32 } "FAULT-OPEN-TIMEOUT"
        en "The boom did not report open within {seconds} s. Check the drive."
        vi "Thanh chắn không báo mở trong {seconds} giây. Hãy kiểm tra động cơ."
    FaultCloseTimeout { seconds: u32 } "FAULT-CLOSE-TIMEOUT"
        en "The boom did not report closed within {seconds} s. Check the drive."
        vi "Thanh chắn không báo đóng trong {seconds} giây. Hãy kiểm tra động cơ."
    FaultObstructed { times: u32 } "FAULT-OBSTRUCTED"
        en "The boom met an obstacle {times} times while closing; it stays open until reset on the spot."
        vi "Thanh chắn gặp vật cản {times} lần khi đóng; sẽ mở cho đến khi được đặt lại tại chỗ."
    FaultBoomMoved {} "FAULT-BOOM-MOVED"
        en "The boom moved without an order. Check manual release and power."
        vi "Thanh chắn di chuyển khi không có lệnh. Hãy kiểm tra cơ cấu thủ công và nguồn điện."
    FaultBoomBroken {} "FAULT-BOOM-BROKEN"
        en "The boom is off or broken. Secure the lane and call a technician."
        vi "Thanh chắn bị rời hoặc gãy. Hãy chặn làn và gọi kỹ thuật viên."
    FaultFire {} "FAULT-FIRE"
        en "Fire input: the boom is open and stays so until reset at the lane."
        vi "Tín hiệu cháy: thanh chắn mở cho đến khi được đặt lại tại làn."
    FaultTailgate { cars: u32 } "FAULT-TAILGATE"
        en "{cars} cars passed on one opening."
        vi "{cars} xe đã qua trong một lần mở."
    FaultWrongWay {} "FAULT-WRONG-WAY"
        en "A car passed against the lane's direction."
        vi "Một xe đã đi ngược chiều của làn."
    FaultUnauthorised {} "FAULT-UNAUTHORISED"
        en "A car passed without an opening."
        vi "Một xe đã qua khi không được mở cổng."
    FaultHeldTooLong { seconds: u32 } "FAULT-HELD-TOO-LONG"
        en "The boom has been up for {seconds} s."
        vi "Thanh chắn đã mở {seconds} giây."
    FaultReplay { times: u32 } "FAULT-REPLAY"
        en "A command with an old counter and a new body came {times} times: a replay or a forgery."
        vi "Lệnh có bộ đếm cũ nhưng nội dung khác đến {times} lần: phát lại hoặc giả mạo."
    FaultCamera { detail: String } "FAULT-CAMERA"
        en "The camera gives no pictures: {detail}. Plates are not read."
        vi "Camera không có hình: {detail}. Không đọc được biển số."
    FaultReader { detail: String } "FAULT-READER"
        en "The plate reader failed: {detail}."
        vi "Bộ đọc biển số bị lỗi: {detail}."
    FaultSpool { detail: String } "FAULT-SPOOL"
        en "The lane cannot store events: {detail}. Nothing is promised until it can."
        vi "Làn không lưu được sự kiện: {detail}. Không bảo đảm dữ liệu cho đến khi khắc phục."
    FaultClock { detail: String } "FAULT-CLOCK"
        en "The lane's clock is not to be trusted: {detail}."
        vi "Đồng hồ của làn không đáng tin: {detail}."
    FaultUplink { detail: String } "FAULT-UPLINK"
        en "The lane cannot reach the server: {detail}. It decides by itself."
        vi "Làn không kết nối được máy chủ: {detail}. Làn tự quyết định."
    FaultEventsLost { count: u32 } "FAULT-EVENTS-LOST"
        en "{count} events were given up for lack of space."
        vi "{count} sự kiện đã bị bỏ do thiếu dung lượng."
    FaultPower { detail: String } "FAULT-POWER"
        en "Power or temperature out of range: {detail}."
        vi "Nguồn điện hoặc nhiệt độ bất thường: {detail}."
    FaultStoreBehind { above: u64 } "FAULT-STORE-BEHIND"
        en "The lane's store is new, old or a copy: the server had numbers up to {above}. The lane goes on above them; check its disk."
        vi "Bộ nhớ của làn là mới, cũ hoặc bản sao: máy chủ đã có số đến {above}. Làn tiếp tục với số lớn hơn; hãy kiểm tra ổ đĩa."
    FaultCertificate { detail: String } "FAULT-CERTIFICATE"
        en "The lane's certificate must be renewed: {detail}."
        vi "Cần gia hạn chứng chỉ của làn: {detail}."

    // Events that became dead letters.
    RejectSignature {} "REJECT-SIGNATURE"
        en "The signature does not fit the device that sent it."
        vi "Chữ ký không khớp với thiết bị gửi."
    RejectMalformed { detail: String } "REJECT-MALFORMED"
        en "The message cannot be read: {detail}."
        vi "Không đọc được thông điệp: {detail}."
    RejectVersion { version: u32 } "REJECT-VERSION"
        en "Message version {version} is not known here."
        vi "Phiên bản thông điệp {version} không được hỗ trợ."
    RejectTooLarge { bytes: u32 } "REJECT-TOO-LARGE"
        en "The message is too large: {bytes} bytes."
        vi "Thông điệp quá lớn: {bytes} byte."
    RejectDevice {} "REJECT-DEVICE"
        en "The device is unknown, revoked, or not of this lane."
        vi "Thiết bị không xác định, đã bị thu hồi hoặc không thuộc làn này."
    RejectTopic {} "REJECT-TOPIC"
        en "The message came on a topic that is not the device's own."
        vi "Thông điệp đến trên chủ đề không thuộc thiết bị."
    RejectSeq { seq: u64 } "REJECT-SEQ"
        en "Sequence number {seq} was used before for something else."
        vi "Số thứ tự {seq} đã được dùng cho nội dung khác."
    RejectTime { detail: String } "REJECT-TIME"
        en "The time of the event is impossible: {detail}."
        vi "Thời gian sự kiện không hợp lệ: {detail}."
    RejectArrival {} "REJECT-ARRIVAL"
        en "The event names an arrival that nobody knows."
        vi "Sự kiện nêu một lượt xe không tồn tại."
    RejectPoison { detail: String } "REJECT-POISON"
        en "The event cannot be applied: {detail}."
        vi "Không áp dụng được sự kiện: {detail}."
}

impl Reason {
    /// What the reason explains, by the code's first word.
    pub fn kind(&self) -> ReasonKind {
        match self.code().split('-').next() {
            Some("OPEN") => ReasonKind::Open,
            Some("CHARGE") => ReasonKind::Charge,
            Some("CMD") => ReasonKind::Command,
            Some("FAULT") => ReasonKind::Fault,
            Some("REJECT") => ReasonKind::Rejection,
            _ => ReasonKind::Deny,
        }
    }

    /// Whether staff are called at once.
    pub fn raises_alarm(&self) -> bool {
        matches!(
            self,
            Self::DenyBlocklisted {}
                | Self::DenyElsewhere {}
                | Self::CmdReplay {}
                | Self::CmdSignature {}
                | Self::RejectSignature {}
        ) || self.kind() == ReasonKind::Fault
    }

    /// Whether a car let in under `code` has a right that covers its stay: it owes nothing unless an exit says so.
    pub fn covers_the_stay(code: &str) -> bool {
        matches!(code, "OPEN-SUBSCRIPTION" | "OPEN-RESERVATION")
    }

    /// Whether a car let in under `code` came as a visitor: its stay is one up to the end.
    pub fn is_visitors_entry(code: &str) -> bool {
        matches!(code, "OPEN-VISITOR" | "OPEN-OFFLINE-VISITOR" | "OPEN-TICKET")
    }

    /// The text for a person, parameters filled in.
    pub fn text(&self, lang: Lang) -> String {
        let template = Self::template(self.code(), lang).unwrap_or_default();
        let fill =
            |text: String, (name, value): (&String, &String)| text.replace(&format!("{{{}}}", name), value);
        self.params().iter().fold(template.to_owned(), fill)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A reason as it is written: `{"code": "CHARGE-DUE", "params": {"amount": "12.50 EUR"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parts {
    code: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<String, String>,
}

impl TryFrom<Parts> for Reason {
    type Error = ReasonError;
    fn try_from(parts: Parts) -> Result<Self, ReasonError> {
        Self::from_parts(&parts.code, &parts.params)
    }
}

impl From<Reason> for Parts {
    fn from(reason: Reason) -> Self {
        Self { code: reason.code().to_owned(), params: reason.params() }
    }
}

fn read<T: std::str::FromStr>(
    code: &'static str,
    name: &'static str,
    params: &BTreeMap<String, String>,
) -> Result<T, ReasonError> {
    let value = params.get(name).ok_or(ReasonError::Missing { code, name })?;
    value.parse().map_err(|_| ReasonError::Wrong { code, name, value: value.chars().take(64).collect() })
}

#[cfg(test)]
mod tests;
