import { createRequire } from "node:module"
import { type RunnerTestFile, TestRunner } from "vitest"
import { built } from "./bundle.ts"
import type * as NoProcess from "./noProcess.ts"
import { startsCommand, startsNone } from "./processes.ts"

// By Node itself, which loads it once for all files of a worker. Vitest loads this module again for each.
const { refuse }: typeof NoProcess = createRequire(import.meta.url)("./noProcess.ts")

/**
 * Vitest's runner, in whose workers only some files may start a process: in one of the others, the attempt fails. Those
 * that start the command wait until it is built.
 */
export default class extends TestRunner {
  override onCollectStart(file: RunnerTestFile) {
    refuse(startsNone(file.filepath))
    return super.onCollectStart(file)
  }

  override importFile(file: string, source: "collect" | "setup") {
    const ready = source === "collect" && startsCommand(file) ? built() : Promise.resolve()
    return ready.then(() => super.importFile(file, source))
  }
}
