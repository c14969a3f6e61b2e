import { Suspense, useState } from "react";
import type { LaneDirection } from "../api/schema.gen";
import { may } from "../api/session";
import { useIsConnected, useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { deferred } from "../ui/deferred";

const HoldAllDialog = deferred(async () => (await import("./HoldAllDialog")).HoldAllDialog);
const ReleaseAllDialog = deferred(async () => (await import("./ReleaseAllDialog")).ReleaseAllDialog);

/** All lanes of a direction at once: held open with a second person, released by one. */
export function HoldAllButtons({ direction }: { direction: LaneDirection }) {
  const { holdAll } = useMessages();
  const { site } = useSite();
  const isLive = useIsConnected();
  const [open, setOpen] = useState<"hold" | "release" | null>(null);
  const close = () => setOpen(null);
  if (!may(site, "lanes:hold-all")) return null;
  return (
    <div className="flex flex-wrap gap-2">
      <Button look="quiet" disabled={!isLive} onClick={() => setOpen("hold")}>
        {holdAll.hold[direction]}
      </Button>
      <Button look="quiet" disabled={!isLive} onClick={() => setOpen("release")}>
        {holdAll.release[direction]}
      </Button>
      <Suspense>
        {open === "hold" && <HoldAllDialog direction={direction} close={close} />}
        {open === "release" && <ReleaseAllDialog direction={direction} close={close} />}
      </Suspense>
    </div>
  );
}
