import { Effect, FileSystem } from "effect"
import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { StoreError } from "./StoreError.ts"

/** A Lua script, which Redis runs atomically. */
export interface RedisScript {
  readonly text: string
  /** Hash by which Redis knows a script that it has run before. */
  readonly sha: string
}

/** Reads a script's text: the named files of a folder, without `.lua`, one after the other. The folder's URL ends in `/`. */
export const load = Effect.fn("RedisScript.load")(
  function*(folder: URL, names: ReadonlyArray<string>) {
    const fs = yield* FileSystem.FileSystem
    const parts = yield* Effect.forEach(
      names,
      (name) => fs.readFileString(fileURLToPath(new URL(`${name}.lua`, folder))),
      { concurrency: 1 }
    )
    const text = parts.join("\n")
    return { text, sha: createHash("sha1").update(text).digest("hex") } satisfies RedisScript
  },
  Effect.mapError(({ message }) =>
    new StoreError({
      operation: "RedisScript.load",
      message: `a script of the program is missing, install it again: ${message}`,
      reason: "failed"
    })
  )
)
