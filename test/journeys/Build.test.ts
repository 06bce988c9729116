import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Effect, FileSystem } from "effect"
import { fileURLToPath } from "node:url"
import { buildInto } from "../deploy/Bundle.ts"
import * as Journey from "./Journey.ts"
import * as Shop from "./Shop.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Puts the built package where nothing else of this repository can be found, with what it depends on. */
const installed = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-code-" })
  yield* buildInto(directory, "all")
  yield* fs.copy(`${root}/node_modules/@vscode`, `${directory}/node_modules/@vscode`)
  return `${directory}/bin/nominal-code.js`
})

it.live("the built package reviews a pull request by itself, outside of this repository", () =>
  Effect.gen(function*() {
    const journey = yield* Journey.make({ bin: yield* installed })
    const serve = yield* journey.start()
    const pull = yield* Shop.open(journey, "built")
    const look = { name: "Grep", input: { pattern: "items\\.sum" } }
    journey.script(pull, turns({ calls: [look] }, { calls: [submitReview("It adds up.", [])] }))
    const job = yield* journey.send({ event: "pull_request", action: "opened", pull }, serve)
    const { state } = yield* journey.ended(job)
    assert.strictEqual(state, "done")
    assert.match(journey.written(pull).join("\n"), /It adds up\./)
    assert.match(journey.asked(pull).at(-1) ?? "", /src\/tax\.ts:3:/)
    yield* journey.checkHonesty
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
