import { nodeFlags } from "@nominal-code/testing/Command"
import { execFile } from "node:child_process"
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env, execPath, kill, pid } from "node:process"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("..", import.meta.url))
const run = promisify(execFile)

/**
 * Vitest's global setup: the directory of a run for the command as it is released. Tests that start it find it in
 * `NOMINAL_CODE_BIN`, where one that is set already is used as it is, its startup snapshot in `NOMINAL_CODE_SNAPSHOT`,
 * and the directory of what Node compiles of it in `NOMINAL_CODE_COMPILED`; those that look into the build find its
 * directory in `NOMINAL_CODE_BUILD`. `built` builds it.
 */
export default (): (() => void) | undefined => {
  if (env["NOMINAL_CODE_BIN"] !== undefined) return
  const directory = mkdtempSync(join(tmpdir(), "nominal-code-bundle-"))
  env["NOMINAL_CODE_BUNDLE"] = directory
  env["NOMINAL_CODE_BIN"] = join(directory, "nominal-code.mjs")
  env["NOMINAL_CODE_COMPILED"] = join(directory, "compiled")
  env["NOMINAL_CODE_BUILD"] = join(directory, "command")
  env["NOMINAL_CODE_SNAPSHOT"] = join(directory, "image/start.blob")
  return () => rmSync(directory, { recursive: true, force: true })
}

const buildIn = (directory: string): Promise<unknown> => {
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
  // Node compiles the command once, and not at each of the hundreds of times that it starts.
  const lines = [
    "#!/usr/bin/env node",
    "import { enableCompileCache } from \"node:module\"",
    `enableCompileCache(${JSON.stringify(join(directory, "compiled"))})`,
    "await import(\"./command/bin/nominal-code.js\")"
  ]
  writeFileSync(join(directory, "nominal-code.mjs"), `${lines.join("\n")}\n`, { mode: 0o755 })
  return bundled.then(() => {
    cpSync(build, image, { recursive: true })
    return run(execPath, ["bin/snapshot.js", join(image, "start.blob")], { cwd: image })
  })
}

/** File with the number of the worker that builds. */
const builderIn = (directory: string): string => join(directory, "begun")

/** True for the first of all workers that asks. */
const isFirst = (directory: string): boolean => {
  const note = join(directory, `begun-${pid}`)
  writeFileSync(note, String(pid))
  try {
    // With what is in it, in one step.
    linkSync(note, builderIn(directory))
    return true
  } catch {
    return false
  }
}

/** True while the worker that builds is there. */
const isBuilt = (directory: string): boolean => {
  const builder = Number(readFileSync(builderIn(directory), "utf8"))
  try {
    return kill(builder, 0)
  } catch {
    return false
  }
}

/** Time limit of the build: ten times what it takes on a busy machine, in seconds. */
const patience = 600

/** The end of the build: the file in which its failure stands. */
const ended = (directory: string, waited = 0): Promise<void> => {
  const file = join(directory, "ended")
  // In this order: a worker may end right after its build.
  const failed = !isBuilt(directory)
    ? "the worker that built it was killed"
    : waited >= patience
    ? `it did not end in ${patience} seconds`
    : ""
  if (!existsSync(file) && failed === "") return setTimeout(100).then(() => ended(directory, waited + 0.1))
  const failure = existsSync(file) ? readFileSync(file, "utf8") : failed
  return failure === "" ? Promise.resolve() : Promise.reject(new Error(`The command was not built: ${failure}`))
}

/**
 * The build of the command, once in a run: by the first worker that needs it, while others go on with files that do not.
 * Fails in each with what the build has said, or when the worker that builds is killed.
 */
export const built = (directory = env["NOMINAL_CODE_BUNDLE"]): Promise<void> => {
  if (directory === undefined) return Promise.resolve()
  if (!isFirst(directory)) return ended(directory)
  const file = join(directory, "ended")
  return Promise.resolve(directory).then(buildIn).then(() => "", String).then((failure) => {
    writeFileSync(`${file}~`, failure)
    renameSync(`${file}~`, file)
    return ended(directory)
  })
}
