import childProcess from "node:child_process"
import { syncBuiltinESMExports } from "node:module"
import { promisify } from "node:util"

const { exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } = childProcess

let refuses = false

/** The same function, which fails in a file that may start no process. Modules keep it for all files of a worker. */
const guarded = (name: string, start: Parameters<typeof promisify>[0]) => (...args: Array<unknown>) => {
  if (!refuses) return Reflect.apply(start, undefined, args)
  throw new Error(
    `child_process.${name} among the tests that start no process: add this file to startingProcesses in test/processes.ts`
  )
}

const starters = Object.entries({ exec, execFile, execFileSync, execSync, fork, spawn, spawnSync }).map(
  ([name, start]) => [
    name,
    Object.assign(guarded(name, start), { [promisify.custom]: guarded(name, promisify(start)) })
  ]
)
Object.assign(childProcess, Object.fromEntries(starters))
syncBuiltinESMExports()

/** Has this worker refuse to start processes, or start them again. */
export const refuse = (does: boolean): void => {
  refuses = does
}
