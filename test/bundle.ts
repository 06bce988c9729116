import { nodeFlags } from "@nominal-code/testing/Command"
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env, execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("..", import.meta.url))
const run = promisify(execFile)

/**
 * Vitest's global setup: builds the command as it is released, once for all the tests of a run that need it. Those that
 * start it find it in `NOMINAL_CODE_BIN`, where one that is set already is used as it is, its startup snapshot in
 * `NOMINAL_CODE_SNAPSHOT`, and the directory of what Node compiles of it in `NOMINAL_CODE_COMPILED`; those that look into
 * the build find its directory in `NOMINAL_CODE_BUILD`.
 */
export default (): Promise<() => void> | undefined => {
  if (env["NOMINAL_CODE_BIN"] !== undefined) return
  const directory = mkdtempSync(join(tmpdir(), "nominal-code-bundle-"))
  const build = join(directory, "command")
  // What a cluster runs starts as in the image. Its snapshot's program is bundled beside the command.
  const image = join(directory, "image")
  mkdirSync(join(image, "bin"), { recursive: true })
  const bundled = Promise.all([
    run(execPath, [...nodeFlags, "ci/build.ts", build], { cwd: root }),
    run(execPath, [...nodeFlags, "ci/snapshot.ts", image], { cwd: root })
  ])
  // ripgrep is no part of the bundle. Nothing else of this repository can be found there.
  mkdirSync(join(directory, "node_modules"))
  symlinkSync(join(root, "node_modules/@vscode"), join(directory, "node_modules/@vscode"))
  const start = join(directory, "nominal-code.mjs")
  // Node compiles the command once, and not at each of the hundreds of times that it starts.
  const compiled = join(directory, "compiled")
  const lines = [
    "#!/usr/bin/env node",
    "import { enableCompileCache } from \"node:module\"",
    `enableCompileCache(${JSON.stringify(compiled)})`,
    "await import(\"./command/bin/nominal-code.js\")"
  ]
  writeFileSync(start, `${lines.join("\n")}\n`, { mode: 0o755 })
  const snapshot = join(image, "start.blob")
  return bundled.then(() => {
    cpSync(build, image, { recursive: true })
    return run(execPath, ["bin/snapshot.js", snapshot], { cwd: image })
  }).then(() => {
    env["NOMINAL_CODE_BIN"] = start
    env["NOMINAL_CODE_COMPILED"] = compiled
    env["NOMINAL_CODE_BUILD"] = build
    env["NOMINAL_CODE_SNAPSHOT"] = snapshot
    return () => rmSync(directory, { recursive: true, force: true })
  })
}
