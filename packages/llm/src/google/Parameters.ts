import type { JsonSchema } from "effect"

/** The keywords of JSON Schema that the service documents. It may refuse the whole request for another one. */
const kept = new Set([
  "$anchor",
  "$defs",
  "$id",
  "$ref",
  "additionalProperties",
  "anyOf",
  "description",
  "enum",
  "format",
  "items",
  "maxItems",
  "maximum",
  "minItems",
  "minimum",
  "oneOf",
  "prefixItems",
  "properties",
  "required",
  "title",
  "type"
])

/** Keywords whose value is a map from names to schemas. */
const named = new Set(["$defs", "properties"])

/** Keywords whose value is a schema, or a list of them. */
const nested = new Set(["additionalProperties", "anyOf", "items", "oneOf", "prefixItems"])

/**
 * A tool's parameters within what the service understands. Whatever is left out here is checked again when the tool
 * runs, and the model is then told.
 */
export const toParameters = (schema: JsonSchema.JsonSchema): Record<string, unknown> => ({
  ...prune(schema),
  type: "object"
})

const prune = (schema: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const { allOf, const: only, ...own } = schema
  const whole = {
    ...(Array.isArray(allOf) ? Object.assign({}, ...allOf.filter(isRecord)) : {}),
    ...(only === undefined ? {} : { enum: [only] }),
    ...own
  }
  const allowed = Object.entries(whole).filter(([keyword]) =>
    // Next to a reference, nothing but what starts like it may stand.
    "$ref" in whole ? keyword.startsWith("$") && kept.has(keyword) : kept.has(keyword)
  )
  return Object.fromEntries(allowed.map(([keyword, value]) => [keyword, pruneWithin(keyword, value)]))
}

const pruneWithin = (keyword: string, value: unknown): unknown => {
  if (named.has(keyword) && isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, pruneAny(schema)]))
  }
  if (!nested.has(keyword)) return value
  return Array.isArray(value) ? value.map(pruneAny) : pruneAny(value)
}

const pruneAny = (schema: unknown): unknown => isRecord(schema) ? prune(schema) : schema

const isRecord = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null && !Array.isArray(input)
