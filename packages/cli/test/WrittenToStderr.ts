import { Effect } from "effect"
import process from "node:process"

/** Collects what is written to stderr while the scope is open. */
export const writtenToStderr = Effect.acquireRelease(
  Effect.sync(() => {
    const texts: Array<string> = []
    const usual = process.stderr.write
    process.stderr.write = (text: string | Uint8Array) => texts.push(String(text)) > 0
    return { texts, usual }
  }),
  ({ usual }) =>
    Effect.sync(() => {
      process.stderr.write = usual
    })
)
