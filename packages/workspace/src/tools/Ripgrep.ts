import { oneLine } from "@nominal-code/domain/OneLine"
import { Effect } from "effect"
import * as Process from "../Process.ts"
import { ToolError } from "../Tool.ts"

const TIMEOUT_SECONDS = 30

/** Loaded at its first use: a platform without the program loses only the search. */
const program = Effect.tryPromise({
  try: () => import("@vscode/ripgrep"),
  catch: () =>
    new ToolError({ message: "Searching is not available here: ripgrep is not installed for this platform." })
}).pipe(Effect.map(({ rgPath }) => rgPath))

/**
 * Runs ripgrep in a directory with nothing in its environment and no configuration: hidden and ignored files are
 * searched too, except `.git`; links are not followed; its expressions match in linear time.
 */
export const run = Effect.fn("Ripgrep.run")(function*(
  tool: string,
  directory: string,
  args: ReadonlyArray<string>,
  maxBytes: number
) {
  const path = yield* program
  // Globs that ignore case come after all others, and the last one that matches decides.
  const base = [
    "--no-config",
    "--no-follow",
    "--hidden",
    "--no-ignore",
    "--iglob=!.git",
    "--color=never",
    "--sort=path"
  ]
  return yield* Process.run(path, [...base, ...args], {
    cwd: directory,
    env: { LC_ALL: "C" },
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
