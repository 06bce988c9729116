/** Something read from JSON. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The object in a JSON value; empty where there is none. */
export const objectOf = (value: Json | undefined): JsonObject => isObject(value) ? value : {}

/** The list in a JSON value; empty where there is none. */
export const listOf = (value: Json | undefined): ReadonlyArray<Json> => Array.isArray(value) ? value : []

/** Finds the schema that a `#/a/b` reference points at. */
const resolveRef = (document: JsonObject, ref: string): Json =>
  ref.slice("#/".length).split("/").reduce<Json>(
    (at, key) => objectOf(at)[key.replaceAll("~1", "/").replaceAll("~0", "~")] ?? null,
    document
  )

/** An object of the description, found behind its reference where it is one. */
export const deref = (document: JsonObject, value: Json | undefined): JsonObject => {
  const { $ref } = objectOf(value)
  return typeof $ref === "string" ? objectOf(resolveRef(document, $ref)) : objectOf(value)
}

// Words of OpenAPI 3.0 that say nothing about validity, or that JSON Schema knows under another meaning.
const ignored = new Set(["description", "example", "examples", "discriminator", "deprecated", "externalDocs", "title"])

/**
 * An OpenAPI 3.0 schema as a self-contained JSON Schema: what it refers to is copied beside it, `nullable` is spelt
 * out. `strict` forbids properties that the description does not name.
 */
export const toJsonSchema = (document: JsonObject, schema: Json, strict: boolean): JsonObject => {
  const definitions: Record<string, Json> = {}

  const reference = (ref: string): JsonObject => {
    const name = ref.slice(ref.lastIndexOf("/") + 1)
    if (!(name in definitions)) {
      definitions[name] = true
      definitions[name] = convert(resolveRef(document, ref))
    }
    return { $ref: `#/definitions/${name}` }
  }

  const nullable = (node: Record<string, Json>): Json =>
    typeof node["type"] === "string" && node["enum"] === undefined
      ? { ...node, type: [node["type"], "null"] }
      : { anyOf: [node, { type: "null" }] }

  const convert = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(convert)
    if (!isObject(node)) return node
    if (typeof node["$ref"] === "string") return reference(node["$ref"])
    const result: Record<string, Json> = {}
    for (const [key, value] of Object.entries(node)) {
      if (ignored.has(key) || key === "nullable" || key.startsWith("x-")) continue
      result[key] = key === "properties"
        ? Object.fromEntries(Object.entries(objectOf(value)).map(([name, property]) => [name, convert(property)]))
        : key === "enum" || key === "default" || key === "required"
        ? value
        : convert(value)
    }
    if (strict && result["properties"] !== undefined) result["additionalProperties"] ??= false
    return node["nullable"] === true ? nullable(result) : result
  }

  return { ...objectOf(convert(schema)), definitions }
}
