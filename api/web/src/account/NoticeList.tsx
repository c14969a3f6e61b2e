import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, BellRing } from "lucide-react";
import { myNotices, noticesKey, seeNotice } from "../api/account";
import type { Notice } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Panel } from "../ui/Panel";
import { Time } from "../ui/Time";
import { useReport } from "../ui/useReport";
import { agentName } from "./agentName";

/** What happened to one's account; what is new stays marked until one says that it was oneself. */
export function NoticeList() {
  const { account } = useMessages();
  const { data = [] } = useQuery(myNotices);
  if (data.length === 0) return null;
  return (
    <Panel title={account.notices}>
      <ul>
        {data.map((notice) => (
          <NoticeRow key={notice.id} notice={notice} />
        ))}
      </ul>
    </Panel>
  );
}

function NoticeRow({ notice }: { notice: Notice }) {
  const { account } = useMessages();
  const queries = useQueryClient();
  const report = useReport();
  const seeing = useMutation({
    mutationFn: () => seeNotice(notice.id),
    onError: report,
    onSettled: () => void queries.invalidateQueries({ queryKey: noticesKey }),
  });
  const isNew = !notice.seen_at;
  const Icon = isNew ? BellRing : Bell;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line py-2" data-notice={notice.kind}>
      <Icon aria-hidden size={18} className={`shrink-0 ${isNew ? "text-charge" : "text-soft"}`} />
      <div className="min-w-0 flex-1">
        <p className={isNew ? "font-medium" : ""}>{useNoticeText(notice)}</p>
        <Time at={notice.at} className="text-small text-soft" />
      </div>
      {isNew && (
        <Button disabled={seeing.isPending} onClick={() => seeing.mutate()}>
          {account.seen}
        </Button>
      )}
    </li>
  );
}

function useNoticeText({ kind, params }: Notice): string {
  const { account } = useMessages();
  const texts = params as Record<string, unknown>;
  switch (kind) {
    case "new_device": {
      const { browser, system } = agentName(String(texts.agent ?? ""));
      const device = browser && system ? account.browserOn(browser, system) : (browser ?? account.program);
      return account.noticeOf.new_device(device, String(texts.address ?? ""));
    }
    case "recovery_code_used":
      return account.noticeOf.recovery_code_used(String(texts.left ?? ""));
    case "password_changed":
    case "second_factor_on":
    case "second_factor_off":
      return account.noticeOf[kind];
  }
}
