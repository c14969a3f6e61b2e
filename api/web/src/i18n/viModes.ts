// Văn bản của chế độ làn và giữ mở mọi làn, bằng tiếng Việt. Là một phần của `vi.ts`.
import type { enModes } from "./enModes";

export const viModes: typeof enModes = {
  modes: {
    title: (lane) => `Chế độ của ${lane}`,
    hint: "Làn giữ chế độ này qua khởi động lại và khi mất mạng.",
    button: "Chế độ",
    names: { open: "Mở", full: "Đầy", closed: "Đóng cửa", closed_to_all: "Đóng cửa hoàn toàn", maintenance: "Bảo trì", free_flow: "Đi tự do" },
    hints: {
      open: "Ai được phép thì vào và ra.",
      full: "Khách vãng lai bị từ chối; vé tháng và đặt chỗ được vào; xe vẫn ra.",
      closed: "Như đầy, nhưng bảng ghi đóng cửa.",
      closed_to_all: "Không ai vào; xe vẫn ra.",
      maintenance: "Làn không nhận xe; người vẫn có thể mở.",
      free_flow: "Thanh chắn luôn mở, mọi xe đều qua.",
    },
    until: "Đến",
    untilHint: "Sau đó làn mở lại. Để trống: đến khi có người đổi.",
    forAll: "Cho mọi làn của bãi này",
    forAllHint: (site) => `Lối vào và lối ra của ${site}.`,
    holdAllInstead: "Hãy dùng “Giữ mở mọi làn” dưới các làn: cần người thứ hai xác nhận.",
    set: "Đặt chế độ",
    asked: (what, mode) => `${what}: đã yêu cầu ${mode}.`,
    pending: (mode) => `Đã yêu cầu ${mode}; làn chưa báo lại`,
    endsAt: (time) => `đến ${time}`,
  },

  holdAll: {
    hold: { entry: "Giữ mở mọi lối vào", exit: "Giữ mở mọi lối ra" },
    release: { entry: "Thôi giữ mọi lối vào", exit: "Thôi giữ mọi lối ra" },
    hint: "Không có gì xảy ra trước khi người khác xác nhận trong năm phút.",
    actions: { hold: "Giữ mở", free_flow: "Đi tự do" },
    actionHints: {
      hold: "Bằng lệnh: kết thúc khi có người thôi giữ, hoặc khi làn khởi động lại.",
      free_flow: "Bằng chế độ: giữ qua khởi động lại và mất mạng.",
    },
    ask: "Hỏi người thứ hai",
    asked: "Đã yêu cầu. Người khác phải xác nhận.",
    wants: (who, what) => `${who} yêu cầu: ${what}`,
    secondPerson: "Bạn đã yêu cầu: người khác phải xác nhận.",
    until: (time) => `Có hiệu lực đến ${time}.`,
    confirm: "Xác nhận: mở",
    confirmed: "Đã xác nhận: các làn được lệnh mở và giữ mở.",
    released: "Đã thôi giữ các làn.",
  },
};
