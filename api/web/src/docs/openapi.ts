// As much of OpenAPI 3.1 as the reading view shows.
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  oneOf?: Schema[];
  allOf?: Schema[];
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
}

export interface Content {
  schema?: Schema;
  example?: unknown;
}

export interface Answer {
  description?: string;
  content?: Record<string, Content>;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Operation {
  operationId: string;
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, Answer>;
}

export interface Document {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The schema behind a reference; itself where it is none. */
export function resolve(document: Document, schema: Schema): Schema {
  const name = schema.$ref?.split("/").pop();
  return (name && document.components.schemas[name]) || schema;
}

/** What a value of this schema is, in a few words. */
export function kindOf(document: Document, schema: Schema): string {
  const name = schema.$ref?.split("/").pop();
  const found = resolve(document, schema);
  if (found.enum) return found.enum.map((word) => JSON.stringify(word)).join(" | ");
  if (found.const !== undefined) return JSON.stringify(found.const);
  const either = found.oneOf ?? found.anyOf;
  if (either) return [...new Set(either.map((one) => kindOf(document, one)))].join(" | ");
  const kinds = [found.type ?? (found.allOf ? "object" : "any")].flat();
  const words = kinds.map((kind) => {
    if (kind === "array") return `array of ${found.items ? kindOf(document, found.items) : "any"}`;
    if (kind === "object") return name ?? "object";
    return found.format && kind !== "null" ? `${kind} (${found.format})` : kind;
  });
  return words.join(" | ");
}

/** Fields of an object, also of those it is put together from. */
export function fieldsOf(document: Document, schema: Schema): [string, Schema, boolean][] {
  const found = resolve(document, schema);
  const inherited = (found.allOf ?? []).flatMap((part) => fieldsOf(document, part));
  const own = Object.entries(found.properties ?? {});
  return [...inherited, ...own.map(([name, field]): [string, Schema, boolean] => [name, field, found.required?.includes(name) ?? false])];
}
