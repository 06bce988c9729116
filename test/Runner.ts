import { createRequire } from "node:module"
import { type RunnerTestFile, TestRunner } from "vitest"
import type * as NoProcess from "./noProcess.ts"
import { startsNone } from "./processes.ts"

// By Node itself, which loads it once for all files of a worker. Vitest loads this module again for each.
const { refuse }: typeof NoProcess = createRequire(import.meta.url)("./noProcess.ts")

/** Vitest's runner, in whose workers only some files may start a process: in one of the others, the attempt fails. */
export default class extends TestRunner {
  override onCollectStart(file: RunnerTestFile) {
    refuse(startsNone(file.filepath))
    return super.onCollectStart(file)
  }
}
