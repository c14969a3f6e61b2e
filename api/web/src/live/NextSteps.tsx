import { Link } from "@tanstack/react-router";
import type { Lane } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Panel } from "../ui/Panel";
import { SecretBox } from "../ui/SecretBox";

/** After the first run, until the first lane is heard: what makes it a car park. */
export function NextSteps({ lanes }: { lanes: readonly Lane[] }) {
  const { nextSteps } = useMessages();
  const { me, site } = useSite();
  const lane = lanes.find(({ device }) => !device);
  return (
    <Panel title={nextSteps.title}>
      <ol className="grid list-decimal gap-4 pl-5">
        {lane && (
          <li>
            <p className="mb-1">{nextSteps.device}</p>
            <SecretBox text={addCommand(site.code, lane)} />
            <p className="mt-2 mb-1">{nextSteps.copy}</p>
            <SecretBox text="edge-agent doctor && edge-agent run" />
          </li>
        )}
        <li>
          <Link to="/people" search={{ person: "new" }} className="inline-flex min-h-11 items-center text-accent underline">
            {nextSteps.people}
          </Link>
        </li>
        {!me.totp && (
          <li>
            <Link to="/account" className="inline-flex min-h-11 items-center text-accent underline">
              {nextSteps.codes}
            </Link>
          </li>
        )}
      </ol>
    </Panel>
  );
}

function addCommand(site: string, { code, direction }: Lane): string {
  const { hostname } = location;
  return `boomgate device add --site ${site} --lane ${code} --direction ${direction} --device ${site}-${code} --server ${hostname} --out ./${site}-${code}`;
}
