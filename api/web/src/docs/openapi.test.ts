import { expect, test } from "vitest";
import { type Document, fieldsOf, kindOf } from "./openapi";

const document: Document = {
  info: { title: "t", version: "1" },
  paths: {},
  components: {
    schemas: {
      Direction: { type: "string", enum: ["entry", "exit"] },
      Lane: { type: "object", required: ["code"], properties: { code: { type: "string" }, direction: { $ref: "#/components/schemas/Direction" } } },
      Named: { allOf: [{ $ref: "#/components/schemas/Lane" }, { type: "object", properties: { name: { type: ["string", "null"] } } }] },
    },
  },
};

test("a schema is said in a few words", () => {
  expect(kindOf(document, { $ref: "#/components/schemas/Direction" })).toBe('"entry" | "exit"');
  expect(kindOf(document, { type: "array", items: { $ref: "#/components/schemas/Lane" } })).toBe("array of Lane");
  expect(kindOf(document, { type: ["string", "null"], format: "date-time" })).toBe("string (date-time) | null");
});

test("an object's fields include those of what it is put together from", () => {
  const fields = fieldsOf(document, { $ref: "#/components/schemas/Named" });
  expect(fields.map(([name, , required]) => [name, required])).toEqual([
    ["code", true],
    ["direction", false],
    ["name", false],
  ]);
});
