import { useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";
import type { LaneView } from "./laneView";

/** The newest picture of a lane; one of an earlier car is faded. */
export function LaneFrame({ name, picture }: { name: string; picture: LaneView["picture"] }) {
  const messages = useMessages();
  const [failed, setFailed] = useState<string | null>(null);
  const frame = "h-full min-h-24 w-full rounded-control bg-raised object-cover";
  if (!picture || failed === picture.name) {
    return (
      <div className={`${frame} grid place-items-center text-small text-soft`}>
        {picture ? messages.lanes.lostPicture : messages.lanes.noPicture}
      </div>
    );
  }
  return (
    <img
      src={`/api/v1/evidence/${picture.name}`}
      alt={picture.isEarlier ? messages.lanes.earlierPicture(name) : messages.lanes.picture(name)}
      onError={() => setFailed(picture.name)}
      width={320}
      height={180}
      decoding="async"
      className={`${frame} ${picture.isEarlier ? "opacity-40" : ""}`}
    />
  );
}
