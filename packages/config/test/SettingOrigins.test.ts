import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { complete, configured } from "./Fixture.ts"

it.effect("the origin of each setting is told without the places of files, and of none that has its default", () =>
  Effect.gen(function*() {
    const { origins } = yield* configured({
      env: { ...complete, REVIEWER_MIN_SEVERITY: "high" },
      yaml: "reviewer: { language: German, min_severity: low }\nagent: { model: claude }\n",
      flags: { "agent.max_cost_usd": 1 }
    })
    assert.deepInclude(origins, {
      "reviewer.min_severity": "the server's variable REVIEWER_MIN_SEVERITY",
      "reviewer.language": "reviewer.language of the server's file",
      "agent.reviewer.model": "agent.reviewer.model of the server's file",
      "agent.max_cost_usd": "the server's command line"
    })
    assert.notProperty(origins, "reviewer.fail_on")
  }))

it.effect("the origin of a secret that stands in a file is its variable, and not the file's place", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.makeTempFileScoped()
    yield* fs.writeFileString(file, "ghp_token")
    const { GITHUB_TOKEN: _, ...others } = complete
    const { origins } = yield* configured({ env: { ...others, GITHUB_TOKEN_FILE: file } })
    assert.strictEqual(origins["github.token"], "the server's variable GITHUB_TOKEN_FILE")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
