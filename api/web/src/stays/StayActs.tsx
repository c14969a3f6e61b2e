import { Suspense, useState } from "react";
import type { OneStay } from "../api/schema.gen";
import { may } from "../api/session";
import { useIsConnected, useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { deferred } from "../ui/deferred";

const CorrectDialog = deferred(async () => (await import("./CorrectDialog")).CorrectDialog);
const MergeDialog = deferred(async () => (await import("./MergeDialog")).MergeDialog);
const VoidDialog = deferred(async () => (await import("./VoidDialog")).VoidDialog);

type Act = "correct" | "merge" | "void";

/** What can be corrected of a stay. */
export function StayActs({ stay }: { stay: OneStay }) {
  const { correction } = useMessages();
  const { site } = useSite();
  const isConnected = useIsConnected();
  const [act, setAct] = useState<Act | null>(null);
  const close = () => setAct(null);
  if (stay.status === "voided") return null;
  const acts: [Act, boolean][] = [
    ["correct", may(site, "stays:correct")],
    ["merge", may(site, "stays:correct") && stay.status === "open"],
    ["void", may(site, "stays:void") && stay.paid.minor === 0],
  ];
  return (
    <>
      {acts
        .filter(([, isOffered]) => isOffered)
        .map(([one]) => (
          <Button key={one} disabled={!isConnected} onClick={() => setAct(one)} data-act={one}>
            {correction.acts[one]}
          </Button>
        ))}
      <Suspense>
        {act === "correct" && <CorrectDialog stay={stay} close={close} />}
        {act === "merge" && <MergeDialog stay={stay} close={close} />}
        {act === "void" && <VoidDialog stay={stay} close={close} />}
      </Suspense>
    </>
  );
}
