import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { command, startOf } from "@nominal-code/testing/Command"
import * as Scene from "@nominal-code/testing/GitHubScene"
import { Context, Effect, FileSystem, Layer, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname } from "node:path"
import { env, execPath } from "node:process"
import { root } from "./Rendering.ts"

const node = (...args: ReadonlyArray<string>) => spawnSync(execPath, args, { encoding: "utf8" })

/** Content of `/app` in the image, with the startup snapshot that its build makes. */
const makeApp = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const app = `${yield* fs.makeTempDirectoryScoped({ prefix: "nominal-app-" })}/app`
  const snapshot = env["NOMINAL_CODE_SNAPSHOT"]
  assert.isDefined(snapshot)
  yield* fs.copy(dirname(snapshot), app)
  const [, step = ""] = /^RUN node (bin\/snapshot\.js .*)$/m.exec(readFileSync(`${root}/ci/Dockerfile`, "utf8")) ?? []
  return { app, made: spawnSync(execPath, step.split(" "), { cwd: app, encoding: "utf8" }), snapshot }
})

class App extends Context.Service<App, Effect.Success<typeof makeApp>>()("test/deploy/SnapshotApp") {
  static readonly layer = Layer.effect(App, makeApp).pipe(Layer.provide(NodeServices.layer))
}

/** Writes what the modules read of the process that loads them, of its machine and of the time. */
const watching = `
const read = new Set()
const watch = (object, name, said) => {
  const { get, value } = Object.getOwnPropertyDescriptor(object, name) ?? {}
  Object.defineProperty(object, name, { configurable: true, get: () => (read.add(said), get?.call(object) ?? value) })
}
const os = require("node:os")
const crypto = require("node:crypto")
for (const name of ["arch", "availableParallelism", "cpus", "homedir", "hostname", "tmpdir", "userInfo"]) watch(os, name, name)
for (const name of ["argv", "pid", "ppid", "stderr", "stdin", "stdout"]) watch(process, name, name)
for (const name of ["cwd", "uptime"]) watch(process, name, name)
const { env } = process
const variables = new Proxy(env, { get: (_, name) => (read.add("env." + String(name)), env[name]) })
Object.defineProperty(process, "env", { value: variables })
for (const [object, name] of [[Date, "now"], [Math, "random"], [globalThis, "setTimeout"]]) watch(object, name, name)
// What is called: Effect takes hrtime for later, and a library randomBytes.
const watchCalls = (object, name) => {
  const { value, ...rest } = Object.getOwnPropertyDescriptor(object, name)
  const called = new Proxy(value, { apply: (made, self, given) => (read.add(name), Reflect.apply(made, self, given)) })
  Object.defineProperty(object, name, { ...rest, value: called })
}
const random = Object.keys(crypto).filter((name) => /^random|^generate/.test(name))
for (const name of random) watchCalls(crypto, name)
for (const name of ["getRandomValues", "randomUUID"]) watchCalls(Crypto.prototype, name)
for (const [object, name] of [[process, "hrtime"], [process.hrtime, "bigint"]]) watchCalls(object, name)
for (const name of ["mark", "now"]) watchCalls(Performance.prototype, name)
globalThis.Date = new Proxy(Date, {
  apply: (made, _, given) => (read.add("Date"), made(...given)),
  construct: (made, given, target) => (given.length === 0 && read.add("new Date"), Reflect.construct(made, given, target))
})
process.on("exit", () => require("node:fs").writeSync(1, JSON.stringify([...read])))
`

layer(App.layer, { excludeTestServices: true, timeout: "5 minutes" })("the image's startup snapshot", (it) => {
  it.effect("is made of nothing for which Node does not promise that a snapshot can hold it", () =>
    Effect.gen(function*() {
      const { made } = yield* App
      assert.deepStrictEqual([made.status, made.stderr], [0, ""])
    }))

  it.effect("holds nothing of the process that it was made in: its name, its machine, its variables, the time, its random numbers", () =>
    Effect.gen(function*() {
      const { app } = yield* App
      const script = readFileSync(`${app}/lib/snapshot.cjs`, "utf8")
      writeFileSync(`${app}/lib/watched.cjs`, `${watching}\n${script}`)
      // Outside of a snapshot the last module fails, when all the others are loaded.
      const { stderr, stdout } = node(`${app}/lib/watched.cjs`)
      assert.include(stderr, "ERR_NOT_BUILDING_SNAPSHOT")
      // ws looks if it may load an addon, which is not there.
      assert.deepStrictEqual(JSON.parse(stdout), ["env.WS_NO_BUFFER_UTIL"])
    }))

  it.effect("holds no character of two bytes, and of what Node has compiled of its own modules only what is loaded: each process would", () =>
    Effect.gen(function*() {
      const { app } = yield* App
      const names = readdirSync(`${app}/lib`).filter((name) => name.endsWith(".cjs"))
      const wide = names.filter((name) => {
        const code = readFileSync(`${app}/lib/${name}`, "utf8")
        return Buffer.byteLength(code) !== code.length
      })
      assert.deepStrictEqual(wide, [])
      // With all of it 13 MB.
      assert.isBelow(statSync(`${app}/start.blob`).size, 9_500_000)
    }))

  it.effect("holds compiled what a job calls until it has asked its forge", () =>
    Effect.gen(function*() {
      const { app } = yield* App
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-start-" })
      const { bot, emulator, pull } = yield* Scene.scene
      emulator.close(pull, { merged: true })
      const log = `${directory}/functions.log`
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      const said = yield* spawner.string(
        ChildProcess.make(execPath, [
          "--log-function-events",
          "--no-logfile-per-isolate",
          `--logfile=${log}`,
          `--snapshot-blob=${app}/start.blob`,
          "run-job"
        ], {
          env: {
            HOME: directory,
            WORKSPACE_BASE_DIR: `${directory}/workspace`,
            REVIEW_JOB_PAYLOAD: yield* Schema.encodeEffect(JobPayloadJson)({ version: 2, job: Scene.jobOf(pull) }),
            REVIEWER_BOT_USERNAME: bot.login,
            GITHUB_TOKEN: bot.token,
            GITHUB_API_BASE: emulator.apiBase,
            ANTHROPIC_API_KEY: "a-key-that-is-long-enough"
          }
        }),
        { includeStderr: true }
      )
      assert.include(said, "nothing to review: the pull request is merged")
      const written = readFileSync(log, "utf8")
      const [, script] = /^script-details,(\d+),\S*\/lib\/snapshot\.cjs,/m.exec(written) ?? []
      const compiled = written.match(new RegExp(`^function,interpreter,${script},`, "gm")) ?? []
      // Methods and declarations, and what is called after the first answer. Without the snapshot's 1,700.
      assert.isAtMost(compiled.length, 400)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("takes of the chunks beside it only what they export", () =>
    Effect.gen(function*() {
      const { app } = yield* App
      const require = createRequire(`${app}/lib/`)
      const chunks = readdirSync(`${app}/lib`).filter((name) => name.endsWith(".cjs") && name !== "snapshot.cjs")
      const taken = chunks.flatMap((name) =>
        Array.from(
          readFileSync(`${app}/lib/${name}`, "utf8").matchAll(
            /require\("\.\/([^"]+)"\)\)\.then\((\w+)=>(?:\/\*.*?\*\/ )?(?:[\w.]+\()?\2\.(\w+)/g
          ),
          ([, chunk = "", , key = ""]) => ({ chunk, key })
        )
      )
      assert.isNotEmpty(taken)
      assert.deepStrictEqual(taken.filter(({ chunk, key }) => !(key in require(`./${chunk}`))), [])
    }))

  it.effect("is what the image's command starts from, where a cluster runs it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-node-" })
      yield* fs.writeFileString(`${directory}/node`, "#!/bin/sh\necho \"$@\"\n", { mode: 0o755 })
      const started = (args: ReadonlyArray<string>, variables = {}) =>
        spawnSync(`${root}/ci/bin/nominal-code.sh`, args, { encoding: "utf8", env: { PATH: directory, ...variables } })
          .stdout.trim()
      for (const args of [["serve"], ["serve", "--no-doctor"], ["run-job"]]) {
        assert.strictEqual(started(args), `--snapshot-blob /app/start.blob ${args.join(" ")}`)
        for (const option of ["--import", "--experimental-loader", "--loader"]) {
          assert.strictEqual(
            started(args, { NODE_OPTIONS: `--max-semi-space-size=4 ${option}=/agent.mjs` }),
            `/app/bin/nominal-code.js ${args.join(" ")}`
          )
        }
      }
      for (const args of [[], ["--help"], ["serve", "--strict"], ["run-job", "--payload", "-"], ["jobs", "list"]]) {
        assert.strictEqual(started(args), `/app/bin/nominal-code.js ${args.join(" ")}`.trim())
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.effect("is what the journeys start from, where the image would", () =>
    Effect.gen(function*() {
      const { snapshot } = yield* App
      for (const args of [["serve"], ["serve", "--no-doctor"], ["run-job"]]) {
        assert.deepStrictEqual(startOf(args, {}).slice(-1 - args.length), [`--snapshot-blob=${snapshot}`, ...args])
      }
      assert.deepStrictEqual(startOf(["serve"], { NODE_OPTIONS: "--import=/x.mjs" }).slice(-2), [command, "serve"])
      assert.deepStrictEqual(startOf(["review"], {}).slice(-2), [command, "review"])
    }))
})
