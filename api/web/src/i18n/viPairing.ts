// Texts of near candidates, looks through the camera and counted readings, in Vietnamese. Part of `vi.ts`.
import type { enPairing } from "./enPairing";
import { plural } from "./plural";

const count = plural("vi");

export const viPairing: typeof enPairing = {
  pairing: {
    title: "Là xe nào trong bãi?",
    hint: "Không có gì tự mở: hãy so ảnh rồi xác nhận một xe.",
    none: "Không có xe nào trong bãi gần giống.",
    typed: "Biển số bạn đọc được",
    entered: (at: string, lane: string) => (lane ? `vào ${at} tại ${lane}` : `vào ${at}`),
    picture: (plate: string) => `${plate} lúc vào`,
    unreadCar: "Xe chưa đọc được biển số",
    likeness: {
      same: "cùng biển số",
      look_alike: "ký tự dễ nhầm",
      near: "khác một ký tự",
      far: "khác vài ký tự",
      unknown: "không có biển số để so",
    },
    owes: (amount: string) => `còn nợ ${amount}`,
    nothing: "không nợ gì",
    confirm: (plate: string) => `Là xe ${plate}`,
    done: {
      open: (plate: string) => `Đã xác nhận ${plate}: được đi.`,
      charge: (plate: string, amount: string) => `Đã xác nhận ${plate}: phải trả ${amount}.`,
      deny: (plate: string) => `Đã xác nhận ${plate}, vẫn bị từ chối.`,
    },
  },
  preview: {
    button: "Xem",
    title: (lane: string) => `Xem qua camera của ${lane}`,
    now: (lane: string) => `${lane} lúc này`,
    live: (seconds: number) => `lúc này · còn ${seconds} giây`,
    asking: "Đang hỏi làn để lấy ảnh…",
    silent: "Không có ảnh nào từ làn.",
    ended: "Đã hết thời gian xem.",
    stop: "Ngừng xem",
  },
  readings: {
    title: "Biển số, 7 ngày qua",
    counts: (right: string, corrected: string, missed: string) => `${right} đọc đúng, ${corrected} sửa lại, ${missed} không đọc được`,
    none: "chưa có xe",
    share: (percent: string) => `đúng ${percent}`,
    cars: (cars: number) => count(cars, { other: "# xe" }),
  },
};
