import { env } from "node:process"
import { fileURLToPath } from "node:url"

/**
 * Path of the program that tests start as `nominal-code`: the bundle that a run of the suite builds once
 * (`test/bundle.ts`), which starts in a fraction of the time that the sources take; without one, the sources.
 */
export const command: string = env["NOMINAL_CODE_BIN"] ??
  fileURLToPath(new URL("../../cli/bin/nominal-code.js", import.meta.url))

/**
 * Flags of Node for programs that tests start. They live for a second, of which V8 spends a seventh on collecting the
 * garbage of a young generation that begins with 1 MiB.
 */
export const nodeFlags: ReadonlyArray<string> = ["--min-semi-space-size=16"]

/**
 * Variable that the image has, too: Node keeps there what it has compiled of the command. A snapshot holds what a start
 * loads, and each of the hundreds of processes would compile the rest.
 */
export const compileCache: Readonly<Record<string, string>> = env["NOMINAL_CODE_COMPILED"] === undefined
  ? {}
  : { NODE_COMPILE_CACHE: env["NOMINAL_CODE_COMPILED"] }

/** Command lines of `cli/src/UsualCommands.ts`. */
const usual: ReadonlyArray<string> = ["serve", "serve --no-doctor", "run-job"]

/**
 * Arguments of Node that start a command line as the image does: the usual ones from its startup snapshot, if the run of
 * the suite has made one. `bin`: another build than this repository's, which has none.
 */
export const startOf = (
  args: ReadonlyArray<string>,
  variables: Readonly<Record<string, unknown>>,
  bin: string = command
): ReadonlyArray<string> => {
  const snapshot = env["NOMINAL_CODE_SNAPSHOT"]
  const isFromFiles = snapshot === undefined || bin !== command || !usual.includes(args.join(" ")) ||
    // Which Node does not run in front of a snapshot.
    String(variables["NODE_OPTIONS"]).includes("--import")
  return [...nodeFlags, isFromFiles ? bin : `--snapshot-blob=${snapshot}`, ...args]
}
