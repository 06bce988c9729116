/**
 * Extracts the part of GitHub's published API description that our tests check requests and answers against: the
 * operations that a GitHub App or a token of this product may need, and the components that they name. The whole
 * description takes 400 MB in its package; this part takes 0.3 MB.
 *
 * `node ci/githubApi.ts <api.github.com.json>` writes `packages/testing/github-api.json`. The input is in the package
 * `@octokit/openapi`, folder `generated/`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { argv } from "node:process"

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

const wanted =
  /^\/(?:repos\/\{owner\}\/\{repo\}(?:\/(?:pulls|issues|git|commits|check-runs|check-suites|statuses|contents|collaborators|labels|compare|comments|branches|installation)(?:\/.*)?)?|user|users\/\{username\}|app(?:\/.*)?|app-manifests\/.*|installation(?:\/.*)?|rate_limit|meta)$/

/** Texts for people, which no check reads. */
const prose = new Set([
  "description",
  "summary",
  "example",
  "examples",
  "externalDocs",
  "x-github",
  "deprecationDate",
  "removalDate"
])

/** Keys whose members are names, which may be words like `description`. */
const namespaces = new Set(["properties", "responses"])

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const objectOf = (value: Json | undefined): JsonObject => (value !== undefined && isObject(value) ? value : {})

const withoutProse = (value: Json, names = false): Json => {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => names || !prose.has(key))
      .map(([key, member]) => [key, withoutProse(member, !names && namespaces.has(key))])
  )
}

const referencesIn = (value: Json): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, member]) =>
    key === "$ref" && typeof member === "string" ? [member] : referencesIn(member)
  )
}

const [, , source] = argv
if (source === undefined) throw new Error("usage: node ci/githubApi.ts <api.github.com.json>")
const document: JsonObject = objectOf(JSON.parse(readFileSync(source, "utf8")))
const published = objectOf(document["components"])
const paths = withoutProse(
  Object.fromEntries(Object.entries(objectOf(document["paths"])).filter(([path]) => wanted.test(path))),
  true
)

const components: Record<string, Record<string, Json>> = {}
const todo = [...referencesIn(paths)]
for (let reference = todo.pop(); reference !== undefined; reference = todo.pop()) {
  const [, , kind = "", name = ""] = reference.split("/")
  const kept = components[kind] ??= {}
  if (kept[name] !== undefined) continue
  const component = withoutProse(objectOf(published[kind])[name] ?? null)
  kept[name] = component
  todo.push(...referencesIn(component))
}

const lines = (members: JsonObject): string =>
  `{\n${
    Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) =>
      `${JSON.stringify(key)}:${JSON.stringify(member)}`
    ).join(",\n")
  }\n}`

writeFileSync(
  new URL("../packages/testing/github-api.json", import.meta.url),
  `{"openapi":${JSON.stringify(document["openapi"] ?? "")},"info":${
    JSON.stringify(objectOf(document["info"])["version"] ?? "")
  },\n` +
    `"components":{\n${
      Object.entries(components).map(([kind, members]) => `${JSON.stringify(kind)}:${lines(members)}`).join(",\n")
    }\n},\n"paths":${lines(objectOf(paths))}}\n`
)
