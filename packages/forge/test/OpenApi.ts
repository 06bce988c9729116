import { assert } from "@effect/vitest"
import { Ajv } from "ajv"
import * as formats from "ajv-formats"
import { Predicate, Schema } from "effect"
import { readFileSync } from "node:fs"
import type { RecordedRequest } from "./FakeGitHub.ts"

const Operation = Schema.Struct({
  parameters: Schema.optionalKey(Schema.Array(Schema.Record(Schema.String, Schema.Unknown))),
  requestBody: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
})
const Description = Schema.Struct({
  paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Unknown)),
  components: Schema.Struct({ parameters: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Unknown)) })
})

const document = JSON.parse(
  readFileSync(new URL("../../testing/github-api.json", import.meta.url), "utf8")
)
const { components, paths } = Schema.decodeUnknownSync(Description)(document)
const ajv = new Ajv({ strict: false, validateFormats: true })
formats.default.default(ajv)
ajv.addSchema(document, "github")

const pointer = (...parts: ReadonlyArray<string>) =>
  `github#/${parts.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`

const pattern = (template: string) =>
  new RegExp(
    `^${template.split(/\{[^}]+\}/).map((part) => part.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&")).join("[^/]+")}$`
  )
const templates = Object.keys(paths).map((template) => ({ template, matches: pattern(template) }))

/** The names that a schema knows, and those in its lists: a field that GitHub does not know is a mistake of ours. */
const unknownFields = (value: unknown, schema: unknown, at: string): ReadonlyArray<string> => {
  if (!Predicate.hasProperty(schema, "properties") || !Predicate.isObject(schema.properties)) {
    return Array.isArray(value) && Predicate.hasProperty(schema, "items")
      ? value.flatMap((item) => unknownFields(item, schema.items, `${at}[]`))
      : []
  }
  const known = new Map(Object.entries(schema.properties))
  return Predicate.isObject(value)
    ? Object.entries(value).flatMap(([key, field]) =>
      known.has(key) ? unknownFields(field, known.get(key), `${at}.${key}`) : [`${at}.${key}`]
    )
    : []
}

const assertQuery = ({ query }: RecordedRequest, operation: typeof Operation.Type, route: string) => {
  const known = (operation.parameters ?? []).map((parameter) => {
    const name = typeof parameter.$ref === "string" ? parameter.$ref.split("/").at(-1) ?? "" : undefined
    return name === undefined ? parameter : components.parameters[name] ?? {}
  }).filter((parameter) => parameter.in === "query").map((parameter) => parameter.name)
  for (const name of query.keys()) assert.include(known, name, `${route} has no query parameter ${name}`)
}

const assertBody = ({ body, method }: RecordedRequest, template: string, route: string) => {
  const at = ["paths", template, method.toLowerCase(), "requestBody", "content", "application/json", "schema"]
  const validate = ajv.compile({ $ref: pointer(...at) })
  assert.isTrue(validate(body), `${route}: ${ajv.errorsText(validate.errors)}`)
  const schema = at.reduce((value, key) => value[key], document)
  assert.deepStrictEqual(unknownFields(body, schema, ""), [], `${route} has fields that GitHub does not know`)
}

/** Every request is one that GitHub's published description allows. */
export const assertAllowed = (requests: ReadonlyArray<RecordedRequest>) => {
  for (const request of requests) {
    if (request.path === "/graphql") continue
    const route = `${request.method} ${request.path}`
    const template = templates.find(({ matches, template }) =>
      matches.test(request.path) && paths[template]?.[request.method.toLowerCase()] !== undefined
    )?.template
    assert.isDefined(template, `${route} is not in GitHub's description`)
    if (template === undefined) return
    const operation = Schema.decodeUnknownSync(Operation)(paths[template]?.[request.method.toLowerCase()])
    assertQuery(request, operation, route)
    if (operation.requestBody === undefined) assert.isUndefined(request.body, `${route} takes no body`)
    else assertBody(request, template, route)
  }
}
