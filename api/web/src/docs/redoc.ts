// The API to be read from top to bottom: contents, what each operation does and takes, and an example that was executed.
import { type Answer, type Content, type Document, type Operation, type Schema, fieldsOf, kindOf } from "./openapi";
import "./redoc.css";

type Child = Node | string;

function element(tag: string, className: string, ...children: Child[]): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Paragraphs; `words` between backticks are code. */
function prose(text: string): HTMLElement[] {
  return text.split(/\n\n+/).map((paragraph) => {
    const parts = paragraph.split("`").map((part, index): Child => (index % 2 ? element("code", "", part) : part));
    return element("p", "", ...parts);
  });
}

function table(caption: string, rows: [name: string, kind: string, needed: boolean, about: string][]): HTMLElement[] {
  if (rows.length === 0) return [];
  const lines = rows.map(([name, kind, needed, about]) =>
    element(
      "tr",
      "",
      element("th", "", element("code", "", name), needed ? element("small", "", "needed") : ""),
      element("td", "", element("span", "kind", kind), ...prose(about)),
    ),
  );
  for (const line of lines) line.firstElementChild?.setAttribute("scope", "row");
  return [element("table", "", element("caption", "", caption), element("tbody", "", ...lines))];
}

function fields(api: Document, caption: string, schema: Schema | undefined): HTMLElement[] {
  if (!schema) return [];
  const rows = fieldsOf(api, schema).map(([name, field, needed]): [string, string, boolean, string] => [
    name,
    kindOf(api, field),
    needed,
    field.description ?? "",
  ]);
  return table(caption, rows);
}

const firstContent = (content: Record<string, Content> | undefined) => Object.values(content ?? {})[0];

function answers(api: Document, responses: Record<string, Answer>): HTMLElement[] {
  const sorted = Object.entries(responses).toSorted(([one], [other]) => one.localeCompare(other));
  const rows = sorted.map(([status, answer]): [string, string, boolean, string] => {
    const schema = firstContent(answer.content)?.schema;
    return [status, schema ? kindOf(api, schema) : "no content", false, answer.description ?? ""];
  });
  return table("Answers", rows);
}

function example(title: string, value: unknown): HTMLElement[] {
  if (value === undefined) return [];
  const code = element("pre", "", typeof value === "string" ? value : JSON.stringify(value, null, 2));
  code.tabIndex = 0;
  return [element("h4", "", title), code];
}

function operationOf(api: Document, method: string, path: string, operation: Operation): HTMLElement {
  const body = firstContent(operation.requestBody?.content);
  const done = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  const answer = firstContent(done?.[1].content);
  const parameters = (operation.parameters ?? []).map((one): [string, string, boolean, string] => [
    `${one.name} (${one.in})`,
    one.schema ? kindOf(api, one.schema) : "text",
    one.required ?? false,
    one.description ?? "",
  ]);
  const text = element(
    "div",
    "text",
    element("h3", "", element("span", "method", method.toUpperCase()), " ", element("code", "", path)),
    ...prose(operation.summary ?? ""),
    ...prose(operation.description ?? "").filter((one) => one.textContent),
    ...table("Parameters", parameters),
    ...fields(api, "Body", body?.schema),
    ...fields(api, "Answer", answer?.schema),
    ...answers(api, operation.responses),
  );
  const samples = element("div", "samples", ...example("Sent", body?.example), ...example(`Answered ${done?.[0] ?? ""}`, answer?.example));
  const section = element("section", "operation", text, samples);
  section.id = operation.operationId;
  return section;
}

function show(api: Document): void {
  const byTag = new Map<string, [string, string, Operation][]>();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "other";
      byTag.set(tag, [...(byTag.get(tag) ?? []), [method, path, operation]]);
    }
  }
  const contents = element("nav", "");
  contents.setAttribute("aria-label", "Contents");
  const main = element("main", "", element("h1", "", `${api.info.title} API ${api.info.version}`), ...prose(api.info.description ?? ""));
  for (const [tag, operations] of byTag) {
    const links = operations.map(([method, path, { operationId }]) => {
      const link = element("a", "", element("span", "method", method.toUpperCase()), ` ${path.replace("/api/v1", "")}`);
      link.setAttribute("href", `#${operationId}`);
      return element("li", "", link);
    });
    contents.append(element("h2", "", tag), element("ul", "", ...links));
    main.append(element("h2", "", tag), ...operations.map(([method, path, operation]) => operationOf(api, method, path, operation)));
  }
  document.body.replaceChildren(contents, main);
  document.querySelector(location.hash || "h1")?.scrollIntoView();
}

const answer = await fetch("/api/v1/openapi.json");
if (answer.ok) show((await answer.json()) as Document);
else document.body.replaceChildren(element("p", "", `The description could not be loaded (${answer.status}). Reload the page.`));
