import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect, type Stream } from "effect"
import * as Process from "../Process.ts"
import { ToolError } from "../Tool.ts"

const TIMEOUT_SECONDS = 30

/** Path of ripgrep, loaded at its first use: a platform without the program loses only the search. */
const program = Effect.tryPromise({
  try: () => import("@vscode/ripgrep"),
  catch: () =>
    new ToolError({ message: "Searching is not available here: ripgrep is not installed for this platform." })
}).pipe(Effect.map(({ rgPath }) => rgPath))

/** Text that is searched, as if it stood in one file. */
export type Haystack = Stream.Stream<Uint8Array> | string

/**
 * Runs ripgrep over a text, with nothing in its environment, no configuration and no file. Its expressions match in
 * linear time.
 */
export const run = Effect.fn("Ripgrep.run")(function*(
  tool: string,
  haystack: Haystack,
  args: ReadonlyArray<string>,
  maxBytes: number
) {
  const path = yield* program
  // The text is of many files: it is UTF-8, and a NUL in one says nothing about the others.
  const base = ["--no-config", "--color=never", "--no-filename", "--text", "--encoding=none"]
  return yield* Process.run(path, [...base, ...args, "--", "-"], {
    cwd: "/",
    env: { LC_ALL: "C" },
    stdin: haystack,
    timeoutSeconds: TIMEOUT_SECONDS,
    maxBytes
  }).pipe(
    Effect.mapError((error) =>
      new ToolError({
        message: error.reason === "timeout"
          ? `${tool} timed out after ${TIMEOUT_SECONDS} seconds: narrow it with path, or with a more exact pattern.`
          : `${tool} could not search: ripgrep did not run.`
      })
    )
  )
})

/** Ripgrep's complaint about a pattern, in one line. */
export const complaint = (stderr: string): string => oneLine(stderr.replace(/^(?:rg: )+/gm, ""), 400)
