import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { configSchema } from "@nominal-code/config/JsonSchema"
import { referencePage } from "@nominal-code/config/Reference"
import { sections } from "@nominal-code/config/Settings"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect, FileSystem } from "effect"
import { parse } from "yaml"

const read = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(new URL(path, import.meta.url).pathname)).pipe(
    Effect.provide(NodeServices.layer)
  )

const outdated = "run: node packages/config/generate.ts"

it.effect("docs/configuration.md is what the settings say", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* read("../../../docs/configuration.md"), referencePage(), outdated)
  }))

it.effect("config.schema.json is what the settings say", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(JSON.parse(yield* read("../config.schema.json")), configSchema(), outdated)
  }))

it("no setting shares a name with another", () => {
  const all = sections.flatMap(({ settings }) => settings)
  for (const names of [all.flatMap(({ yaml }) => yaml), all.flatMap(({ env }) => env)]) {
    assert.strictEqual(new Set(names).size, names.length)
  }
})

it.effect("the JSON Schema accepts the example and refuses what the program refuses", () =>
  Effect.gen(function*() {
    const accepts = new Ajv2020().compile(configSchema())
    assert.isTrue(accepts(parse(yield* read("../../../config.example.yaml"))), JSON.stringify(accepts.errors))
    assert.isTrue(accepts({ agent: { model: "m", reviewer: { model: "n" } }, github: { app_id: "1" } }))
    for (
      const wrong of [
        { agent: { reviwer: {} } },
        { jobs: { max_concurrent: 0 } },
        { webhook: { port: 65_536 } },
        { storage: "redis" },
        { github: { app_id: 1 } },
        { access: { allowed_users: "alice" } },
        { redis: null }
      ]
    ) assert.isFalse(accepts(wrong), JSON.stringify(wrong))
  }))
