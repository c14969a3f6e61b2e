import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleDashed } from "lucide-react";
import { jobs as jobsQuery } from "../api/jobs";
import type { Job } from "../api/schema.gen";
import { useCatalogue } from "../i18n/CatalogueContext";
import { ProblemPanel } from "../ui/ProblemPanel";
import { Time } from "../clock/Time";
import { formatDuration } from "../ui/formatTime";

const CELL = "px-3 py-2 text-left align-top first:pl-4 last:pr-4";
const FIGURES = "py-2 pr-4 pl-3 text-right align-top";

/** What the server does again and again, and how it went. */
export function JobsScreen() {
  const { messages } = useCatalogue();
  const { data, error, refetch } = useQuery(jobsQuery);
  const { jobs } = messages;
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  return (
    <section className="grid gap-3">
      <title>{`${jobs.title} · Boomgate`}</title>
      <h1 className="text-title font-semibold">{jobs.title}</h1>
      <p className="text-soft">{jobs.hint}</p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
      <div className="overflow-x-auto rounded-card border border-line bg-card" tabIndex={0} role="region" aria-label={jobs.title}>
        <table className="w-full border-collapse">
          <thead>
            <tr className="border-b border-line text-small text-soft">
              {[jobs.name, jobs.outcome, jobs.last, jobs.due, jobs.every].map((head) => (
                <th key={head} className={`${CELL} font-semibold`}>
                  {head}
                </th>
              ))}
              <th className={`${FIGURES} font-semibold`}>{jobs.rows}</th>
            </tr>
          </thead>
          <tbody>{data?.map((job) => <JobRow key={job.name} job={job} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function JobRow({ job }: { job: Job }) {
  const { language } = useCatalogue();
  return (
    <tr className="border-b border-line last:border-0">
      <td className={`${CELL} font-medium`}>{job.name.replaceAll("_", " ")}</td>
      <td className={CELL}>
        <JobOutcome job={job} />
      </td>
      <td className={`${CELL} whitespace-nowrap`}>{job.last_finished_at && <Time at={job.last_finished_at} />}</td>
      <td className={`${CELL} whitespace-nowrap`}>
        <Time at={job.due_at} />
      </td>
      <td className={`${CELL} whitespace-nowrap`}>{formatDuration(job.period_ms, language)}</td>
      <td className={`${FIGURES} tabular-nums`}>{job.last_rows}</td>
    </tr>
  );
}

function JobOutcome({ job }: { job: Job }) {
  const { messages } = useCatalogue();
  const outcome = job.last_outcome ?? null;
  const isGood = outcome === "succeeded";
  const Icon = outcome === null ? CircleDashed : isGood ? CircleCheck : CircleAlert;
  return (
    <div>
      <span className={`inline-flex items-center gap-1.5 ${outcome === null ? "text-soft" : isGood ? "text-open" : "text-deny"}`}>
        <Icon aria-hidden size={16} />
        {outcome ? messages.jobs.outcomes[outcome] : messages.jobs.never}
      </span>
      {job.running && <p className="text-small text-soft">{messages.jobs.running(job.running.by)}</p>}
      {!isGood && job.attempts > 0 && <p className="text-small text-soft">{messages.jobs.attempts(job.attempts)}</p>}
      {job.last_error && <p className="max-w-md text-small wrap-anywhere text-deny">{job.last_error}</p>}
    </div>
  );
}
