import { useMutation } from "@tanstack/react-query";
import { Link2, Link2Off } from "lucide-react";
import { checkChain } from "../api/audit";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { useReport } from "../ui/useReport";

/** Whether the audit is still what was sealed. It is looked through when somebody asks: that takes its time. */
export function ChainState() {
  const { messages, language } = useCatalogue();
  const { chain } = messages.audit;
  const { site } = useSite();
  const report = useReport();
  const checking = useMutation({ mutationFn: () => checkChain(site.id), onError: report });
  const { data } = checking;
  const number = (count: number) => count.toLocaleString(language);
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button disabled={checking.isPending} onClick={() => checking.mutate()}>
        {checking.isPending ? chain.checking : chain.check}
      </Button>
      <p role="status" data-chain={data ? (data.broken_at ? "broken" : "whole") : ""}>
        {data && (
          <span className={`flex items-center gap-2 font-medium ${data.broken_at ? "text-deny" : "text-open"}`}>
            {data.broken_at ? <Link2Off aria-hidden size={18} /> : <Link2 aria-hidden size={18} />}
            {data.broken_at ? chain.broken(number(data.broken_at)) : chain.whole(number(data.sealed), number(data.waiting))}
          </span>
        )}
      </p>
    </div>
  );
}
