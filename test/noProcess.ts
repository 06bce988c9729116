import childProcess from "node:child_process"
import { syncBuiltinESMExports } from "node:module"

/** Functions of Node that start a process. */
const starters = ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"] as const

/**
 * Setup of the tests that start no process: one that does fails. Its file belongs to `startingProcesses` in
 * `vitest.config.ts`.
 */
const refusal = (name: string) => () => {
  throw new Error(
    `child_process.${name} among the tests that start no process: add this file to startingProcesses in vitest.config.ts`
  )
}

Object.assign(childProcess, Object.fromEntries(starters.map((name) => [name, refusal(name)])))
syncBuiltinESMExports()
