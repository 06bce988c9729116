/** Compares the size of `node_modules` on disk with the most that it may have: `node ci/installed.ts`. */
import { execFileSync } from "node:child_process"
import { exit } from "node:process"
import { fileURLToPath } from "node:url"

const most = 500
// What the commands keep there, and what only some of them fetch, is not what `npm ci` installs.
const beside = ["--exclude=.cache", "--exclude=.on-demand", "--exclude=.vite*"]
const directory = fileURLToPath(new URL("../node_modules", import.meta.url))
const megabytes = Number.parseInt(execFileSync("du", ["-sm", ...beside, directory], { encoding: "utf8" }))
if (megabytes > most) {
  process.stderr.write(`npm ci takes ${megabytes} MB, and ${most} at most (docs/dependencies.md)\n`)
  exit(1)
}
