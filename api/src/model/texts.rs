//! Texts of codes, in the language of the request.

use std::collections::BTreeMap;

use boomgate_domain::reason::{Lang, Reason};
use boomgate_store::words::AlarmKind;
use serde_json::Value;

/// A reason in words; the bare code where the parameters do not fit its text.
pub(crate) fn reason(code: &str, params: &BTreeMap<String, String>, lang: Lang) -> String {
    if let Ok(reason) = Reason::from_parts(code, params) {
        return reason.text(lang);
    }
    let plain = Reason::template(code, lang).filter(|text| !text.contains('{'));
    plain.unwrap_or(code).to_owned()
}

/// The same of parameters as they are stored.
pub(crate) fn stored_reason(code: &str, params: &Value, lang: Lang) -> String {
    reason(code, &serde_json::from_value(params.clone()).unwrap_or_default(), lang)
}

/// A kind of alarm in words.
pub(crate) const fn alarm(kind: AlarmKind, lang: Lang) -> &'static str {
    let (en, vi) = match kind {
        AlarmKind::BlockedInside => {
            ("A car that is inside was blocked.", "Một xe đang ở trong bãi đã bị chặn.")
        }
        AlarmKind::BlockedPlate => ("A blocked car came.", "Một xe bị chặn đã đến."),
        AlarmKind::BoomFault => ("The boom or its drive is faulty.", "Thanh chắn hoặc động cơ bị lỗi."),
        AlarmKind::BoomUpTooLong => ("The boom has been up for too long.", "Thanh chắn mở quá lâu."),
        AlarmKind::Camera => {
            ("The camera or the plate reader is faulty.", "Camera hoặc bộ đọc biển số bị lỗi.")
        }
        AlarmKind::Certificate => ("A certificate ends soon.", "Chứng chỉ sắp hết hạn."),
        AlarmKind::DeviceTrouble => ("A device behaves as it should not.", "Thiết bị hoạt động bất thường."),
        AlarmKind::EventsGap => ("Events of the lane are missing.", "Thiếu sự kiện của làn."),
        AlarmKind::Fire => ("Fire alarm.", "Báo cháy."),
        AlarmKind::LaneLost => ("The lane is not heard any more.", "Mất liên lạc với làn."),
        AlarmKind::LoopStuck => ("A loop is faulty.", "Vòng từ bị lỗi."),
        AlarmKind::Obstructed => ("The boom hit something.", "Thanh chắn va vào vật cản."),
        AlarmKind::QueueGrowing => {
            ("Events wait at the lane and are not sent.", "Sự kiện đang chờ tại làn và chưa được gửi.")
        }
        AlarmKind::ReplayedCommand => {
            ("An old order came again under new words.", "Một lệnh cũ bị gửi lại với nội dung khác.")
        }
        AlarmKind::Storage => ("The lane's disk is faulty.", "Ổ đĩa của làn bị lỗi."),
        AlarmKind::SubscriptionsEnding => ("Subscriptions end soon.", "Có vé tháng sắp hết hạn."),
        AlarmKind::UnauthorisedPassage => {
            ("A car passed without leave.", "Một xe đã qua khi chưa được phép.")
        }
        AlarmKind::UnmatchedExits => {
            ("Cars left of which no entry is known.", "Có xe ra mà không tìm thấy lượt vào.")
        }
    };
    match lang {
        Lang::En => en,
        Lang::Vi => vi,
    }
}
