import { Link } from "@tanstack/react-router";
import { useMessages } from "../i18n/CatalogueContext";
import { EmptyState } from "../ui/EmptyState";

export function NotFound() {
  const messages = useMessages();
  return (
    <EmptyState as="h1" title={messages.problem.notFound}>
      <Link to="/live" className="inline-flex min-h-11 items-center text-accent underline">
        {messages.problem.home}
      </Link>
    </EmptyState>
  );
}
