import { useQuery } from "@tanstack/react-query";
import { candidates } from "../api/arrivals";
import type { Candidate, Lane } from "../api/schema.gen";
import { may } from "../api/session";
import { useSite } from "../feed/SiteContext";
import { type LaneView, isPairable } from "./laneView";

/** The cars inside that the car of this card may be; none where nobody has to say so. */
export function useCandidates(lane: Lane | null, view: LaneView | null, plate: string): Candidate[] | undefined {
  const { site } = useSite();
  const arrival = lane && view && isPairable(lane, view) && may(site, "tickets:issue") ? view.arrival : null;
  const { data } = useQuery({ ...candidates(arrival ?? "", plate), enabled: arrival !== null });
  return arrival === null ? undefined : data;
}
