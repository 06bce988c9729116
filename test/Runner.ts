import childProcess from "node:child_process"
import { syncBuiltinESMExports } from "node:module"
import { promisify } from "node:util"
import { type RunnerTestFile, TestRunner } from "vitest"
import { startsNone } from "./processes.ts"

const { exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } = childProcess

/** Vitest's runner, in whose workers only some files may start a process: in one of the others, the attempt fails. */
export default class Runner extends TestRunner {
  static #refuses = false

  /** The same function, which fails in a file that may start no process. Modules keep it for all files of a worker. */
  static #guarded(name: string, start: Parameters<typeof promisify>[0]) {
    return (...args: Array<unknown>) => {
      if (!Runner.#refuses) return Reflect.apply(start, undefined, args)
      throw new Error(
        `child_process.${name} among the tests that start no process: add this file to startingProcesses in test/processes.ts`
      )
    }
  }

  static {
    const starters = Object.entries({ exec, execFile, execFileSync, execSync, fork, spawn, spawnSync })
    const guarded = starters.map(([name, start]) => {
      const promised = { [promisify.custom]: Runner.#guarded(name, promisify(start)) }
      return [name, Object.assign(Runner.#guarded(name, start), promised)]
    })
    Object.assign(childProcess, Object.fromEntries(guarded))
    syncBuiltinESMExports()
  }

  override onCollectStart(file: RunnerTestFile) {
    Runner.#refuses = startsNone(file.filepath)
    return super.onCollectStart(file)
  }
}
