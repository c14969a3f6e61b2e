// Some acts need the password again. What the server refuses for that waits here until it was given, and then goes out
// once more: nobody has to begin anew.
import { Observable } from "../ui/Observable";

type Answer = (isGiven: boolean) => void;

const waiting = new Set<Answer>();

/** Whether requests wait for the password; one dialog asks for all of them. */
export const isStepUpAsked = new Observable(false);

/** Waits until the password was given (true) or will not be (false, also when the request is given up). */
export async function askForStepUp(signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return new Promise((resolve) => {
    const answer: Answer = (isGiven) => {
      signal.removeEventListener("abort", giveUp);
      waiting.delete(answer);
      isStepUpAsked.set(waiting.size > 0);
      resolve(isGiven);
    };
    const giveUp = () => answer(false);
    signal.addEventListener("abort", giveUp);
    waiting.add(answer);
    isStepUpAsked.set(true);
  });
}

/** Lets everything that waits go on, or gives it up. */
export function answerStepUp(isGiven: boolean): void {
  for (const answer of waiting) answer(isGiven);
}
