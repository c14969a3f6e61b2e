// What happens in the yard of a simulated lane: one JSON object a line, over its control socket.
import { connect } from "node:net";

export type Happening =
  | { do: "car"; car: string; plate: string; country: string; patience_ms?: number }
  | { do: "fire"; on: boolean };

export async function happen(socket: string, what: Happening): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const lane = connect(socket, () => lane.end(`${JSON.stringify(what)}\n`, () => resolve()));
    lane.once("error", reject);
  });
}
