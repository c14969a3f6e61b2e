// Renders the OpenAPI document of this very server.
const main = document.getElementById("paths");
const make = (name, text, style) => Object.assign(document.createElement(name), { textContent: text ?? "", className: style ?? "" });

// A schema as the outline of its JSON; `indent` is how far in it stands, `depth` how many names it went through.
function shape(schema, all, indent = 0, depth = 0) {
  if (!schema) return "";
  if (schema.$ref) return depth > 6 ? "…" : shape(all[schema.$ref.split("/").pop()], all, indent, depth + 1);
  const some = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (some) return some.map((one) => shape(one, all, indent, depth)).join(schema.allOf ? " & " : " | ");
  if (schema.type === "array" || schema.type?.includes?.("array")) return `[${shape(schema.items, all, indent, depth)}]`;
  if (schema.properties) {
    const pad = "  ".repeat(indent + 1);
    const fields = Object.entries(schema.properties).map(([name, value]) => `${pad}${name}${schema.required?.includes(name) ? "" : "?"}: ${shape(value, all, indent + 1, depth)}${value.description ? `   — ${value.description}` : ""}`);
    return `{\n${fields.join("\n")}\n${"  ".repeat(indent)}}`;
  }
  return [schema.type].flat().filter(Boolean).join(" | ") || "any";
}

const answer = await fetch("/api/v1/openapi.json");
const api = await answer.json();
main.replaceChildren(make("p", "Errors are problem+json with a message. What creates something needs an Idempotency-Key header. Programs send Authorization: Bearer with the token of POST /api/v1/login."));
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const section = make("section", "", "lane");
    const title = make("h2", ` ${path}`);
    title.prepend(make("span", method.toUpperCase(), "method"));
    section.append(title, make("p", operation.summary ?? operation.description));
    for (const one of operation.parameters ?? []) section.append(make("div", `${one.name} (${one.in}${one.required ? ", needed" : ""}) ${one.description ?? ""}`, "small"));
    const body = operation.requestBody?.content?.["application/json"]?.schema;
    if (body) section.append(make("b", "Send"), make("pre", shape(body, api.components.schemas)));
    for (const [status, response] of Object.entries(operation.responses)) {
      const schema = response.content?.["application/json"]?.schema;
      section.append(make("div", `${status} ${response.description ?? ""}`, "small"));
      if (schema && status < 300) section.append(make("pre", shape(schema, api.components.schemas)));
    }
    main.append(section);
  }
}
