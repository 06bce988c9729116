import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { layerTest, testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, FileSystem, Layer, Option } from "effect"
import { spawnSync } from "node:child_process"
import { hostname } from "node:os"
import * as Configured from "../src/Configured.ts"
import { localFindings } from "../src/doctor/MachineFindings.ts"

/** Settings with which git's own files are in a temporary directory. */
const unwritable = layerTest({ workspace: { ...testConfig().workspace, baseDir: "/dev/null/workspace" } })

for (
  const [prefix, effect] of [
    ["nominal-doctor-", localFindings(Option.none())],
    ["nominal-code-git-", Effect.provide(Layer.build(Configured.git), unwritable)]
  ] as const
) {
  it.live(`a directory ${prefix}* of a killed process is removed by the next one`, () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const left = yield* fs.makeTempDirectory({ prefix })
      yield* Effect.addFinalizer(() => Effect.ignore(fs.remove(left, { recursive: true, force: true })))
      yield* fs.writeFileString(`${left}/owner`, `${hostname()} ${spawnSync("true").pid} 1`)
      yield* effect
      assert.isFalse(yield* fs.exists(left))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
}
