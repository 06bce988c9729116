import { Ajv, type ValidateFunction } from "ajv"
import addFormats from "ajv-formats"
import { readFileSync } from "node:fs"
import { deref, type Json, type JsonObject, listOf, objectOf, toJsonSchema } from "./OpenApiSchema.ts"

/** One operation of GitHub's published API, matched to a request. */
export interface Operation {
  /** GitHub's name for it: `pulls/create-review`. */
  readonly id: string
  readonly template: string
  readonly params: Readonly<Record<string, string>>
  readonly description: JsonObject
}

interface Endpoint {
  readonly template: string
  readonly segments: ReadonlyArray<string>
  readonly methods: JsonObject
}

interface PublishedApi {
  readonly document: JsonObject
  readonly endpoints: ReadonlyMap<number, ReadonlyArray<Endpoint>>
}

let published: PublishedApi | undefined

/** Reads GitHub's description of its API, the part that `ci/githubApi.ts` has extracted, once for each process. */
export const loadContract = (): void => {
  load()
}

const load = (): PublishedApi => {
  if (published !== undefined) return published
  const document = objectOf(JSON.parse(readFileSync(new URL("../github-api.json", import.meta.url), "utf8")))
  const endpoints = Object.entries(objectOf(document["paths"])).map(([template, methods]) => ({
    template,
    segments: template.split("/").slice(1),
    methods: objectOf(methods)
  }))
  published = { document, endpoints: Map.groupBy(endpoints, ({ segments }) => segments.length) }
  return published
}

const ajv = new Ajv({ strict: false, allErrors: true, logger: false, coerceTypes: false })
addFormats.default(ajv)
const validators = new Map<string, ValidateFunction>()

const check = (key: string, schema: () => JsonObject, value: unknown): ReadonlyArray<string> => {
  let validate = validators.get(key)
  if (validate === undefined) {
    validate = ajv.compile(schema())
    validators.set(key, validate)
  }
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message = "is invalid", params }) =>
    `${instancePath} ${message}${
      typeof params["additionalProperty"] === "string" ? ` (${params["additionalProperty"]})` : ""
    }`.trim()
  )
}

const isParam = (segment: string) => segment.startsWith("{")

/** The operation that a method and a path ask for, or undefined where GitHub has none. */
export const findOperation = (method: string, path: string): Operation | undefined => {
  const words = path.split("/").slice(1).map((word) => decodeURIComponent(word))
  const matches = (load().endpoints.get(words.length) ?? []).filter(({ methods, segments }) =>
    methods[method.toLowerCase()] !== undefined &&
    segments.every((segment, index) => isParam(segment) ? words[index] !== "" : segment === words[index])
  )
  const freedom = ({ segments }: Endpoint) => segments.filter(isParam).length
  const [best] = matches.toSorted((one, other) => freedom(one) - freedom(other))
  if (best === undefined) return undefined
  const description = objectOf(best.methods[method.toLowerCase()])
  const params = best.segments.flatMap((segment, index) =>
    isParam(segment) ? [[segment.slice(1, -1), words[index] ?? ""] as const] : []
  )
  return {
    id: String(description["operationId"]),
    template: best.template,
    params: Object.fromEntries(params),
    description
  }
}

// Query and path parameters travel as text; the description gives them types.
const typed = (schema: JsonObject, text: string): Json =>
  (schema["type"] === "integer" || schema["type"] === "number") && /^-?\d+$/.test(text)
    ? Number(text)
    : schema["type"] === "boolean" && (text === "true" || text === "false")
    ? text === "true"
    : text

const parameterErrors = (operation: Operation, query: URLSearchParams): ReadonlyArray<string> => {
  const { document } = load()
  const parameters = listOf(operation.description["parameters"]).map((parameter) => deref(document, parameter))
  const errors = parameters.flatMap((parameter) => {
    const name = String(parameter["name"])
    const place = parameter["in"]
    const text = place === "query" ? query.get(name) : place === "path" ? operation.params[name] ?? null : null
    if (text === null) return place === "query" && parameter["required"] === true ? [`query ${name} is required`] : []
    const schema = deref(document, parameter["schema"])
    return check(
      `${operation.id} ${name}`,
      () => toJsonSchema(document, schema, false),
      typed(schema, text)
    ).map((error) => `${String(place)} ${name}: ${error}`)
  })
  const known = new Set(parameters.filter((parameter) => parameter["in"] === "query").map(({ name }) => name))
  const unknown = [...query.keys()].filter((name) => !known.has(name)).map((name) => `query ${name} is unknown`)
  return [...errors, ...unknown]
}

const jsonContent = (value: JsonObject): Json | undefined => {
  const content = objectOf(value["content"])
  return objectOf(content["application/json"])["schema"]
}

/** Violations of GitHub's description by a request. `body` is undefined where none was sent. */
export const requestErrors = (
  operation: Operation,
  query: URLSearchParams,
  body: unknown
): ReadonlyArray<string> => {
  const { document } = load()
  const described = deref(document, operation.description["requestBody"])
  const schema = jsonContent(described)
  const bodyErrors = schema === undefined
    ? body === undefined ? [] : ["body is not expected"]
    : body === undefined
    ? described["required"] === true ? ["body is required"] : []
    : check(`${operation.id} body`, () => toJsonSchema(document, schema, true), body)
  return [...parameterErrors(operation, query), ...bodyErrors]
}

// An outdated comment has no place in the diff any more. GitHub says so by null, which its description forgets. An
// account in the list of installations is a user or an enterprise; the description wants both at once (`allOf`).
const isForgotten = (error: string): boolean => /\/(?:position|line) must be integer$|^\/\d+\/account must /.test(error)

/** Violations of GitHub's description by our own answer, which are faults of the emulator. */
export const responseErrors = (operation: Operation, status: number, body: unknown): ReadonlyArray<string> => {
  const { document } = load()
  const responses = objectOf(operation.description["responses"])
  const described = responses[String(status)]
  if (described === undefined) return [`status ${status} is not one of ${Object.keys(responses).join(", ")}`]
  const schema = jsonContent(deref(document, described))
  if (schema === undefined) return []
  return check(`${operation.id} ${status}`, () => toJsonSchema(document, schema, false), body)
    .filter((error) => !isForgotten(error))
}
