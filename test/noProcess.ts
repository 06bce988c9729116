import childProcess from "node:child_process"
import { syncBuiltinESMExports } from "node:module"

/** Functions of Node that start a process. */
const starters = ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"] as const

/**
 * Setup of `make test-fast`: a test that starts a process fails there. Such a file belongs to `startingProcesses` in
 * `vitest.config.ts`.
 */
for (const name of starters) {
  childProcess[name] = () => {
    throw new Error(`child_process.${name} in make test-fast: add this file to startingProcesses in vitest.config.ts`)
  }
}
syncBuiltinESMExports()
