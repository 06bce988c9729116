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
