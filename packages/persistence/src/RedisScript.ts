import { Effect, FileSystem } from "effect"
import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { StoreError } from "./StoreError.ts"

/** A Lua program that Redis runs as one step: all of it or nothing, with nothing in between. */
export interface RedisScript {
  readonly text: string
  /** By which Redis knows a script that it has run before. */
  readonly sha: string
}

const read = Effect.fnUntraced(function*(name: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.readFileString(fileURLToPath(new URL(`lua/${name}.lua`, import.meta.url)))
})

/** Reads a script's text, which is made of the named files of `lua/`, one after the other. */
export const load = Effect.fn("RedisScript.load")(
  function*(names: ReadonlyArray<string>) {
    const parts = yield* Effect.forEach(names, read, { concurrency: 1 })
    const text = parts.join("\n")
    return { text, sha: createHash("sha1").update(text).digest("hex") } satisfies RedisScript
  },
  Effect.mapError(({ message }) =>
    new StoreError({
      operation: "RedisScript.load",
      message: `a script of the program is missing, install it again: ${message}`,
      retryable: false
    })
  )
)
