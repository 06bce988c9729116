import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pid } from "node:process"
import { built } from "./bundle.ts"

/** The end of a build that another worker has begun, and which has left this note at its end. */
const endOf = (builder: number, note?: string) =>
  Effect.promise(() => {
    const directory = mkdtempSync(join(tmpdir(), "nominal-code-begun-"))
    writeFileSync(join(directory, "begun"), String(builder))
    if (note !== undefined) writeFileSync(join(directory, "ended"), note)
    return built(directory).then(() => "", String).finally(() => rmSync(directory, { recursive: true }))
  })

/** A number that no process of Linux has. */
const nobody = 2 ** 22 + 1

it.live("whoever waits for a build hears that the worker was killed that builds, and of its failure", () =>
  Effect.gen(function*() {
    assert.strictEqual(
      yield* endOf(nobody),
      "Error: The command was not built: the worker that built it was killed"
    )
    assert.strictEqual(yield* endOf(nobody, "Error: no room"), "Error: The command was not built: Error: no room")
    assert.strictEqual(yield* endOf(nobody, ""), "")
    assert.strictEqual(yield* endOf(pid, ""), "")
  }))
