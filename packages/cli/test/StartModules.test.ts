import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { command, compileCache } from "@nominal-code/testing/Command"
import * as Scene from "@nominal-code/testing/GitHubScene"
import { Effect, FileSystem, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { basename } from "node:path"
import { absentHome } from "./AbsentHome.ts"
import { runWith } from "./RunCommand.ts"

const moduleOf = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`

/** Writes, at the end of a process, the files and the modules of Node that it has loaded. */
const hook = moduleOf(`
    import { registerHooks } from "node:module"
    const files = []
    registerHooks({ load: (url, context, next) => (url.startsWith("file:") && files.push(url), next(url, context)) })
    process.on("exit", () => {
      const ofNode = process.moduleLoadList.map((name) => name.replace(/^NativeModule /, ""))
      process.stderr.write("\\n" + JSON.stringify({ files, ofNode }))
    })
  `)

/** Writes, at the end of a process, the modules of Node that were compiled in it, and not in Node's executable. */
const compiledHook = moduleOf(`
  import { createRequire } from "node:module"
  const { internalBinding } = createRequire("/")("internal/test/binding")
  process.on("exit", () => {
    process.stdout.write("\\n" + [...internalBinding("builtins").getCacheUsage().compiledWithoutCache].join(" "))
  })
`)

const Loaded = Schema.fromJsonString(
  Schema.Struct({ files: Schema.Array(Schema.String), ofNode: Schema.Array(Schema.String) })
)

it.live("a Job of a closed pull request loads few files and nothing of what a review needs, and makes no file", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "start-modules-" })
    const { bot, emulator, pull } = yield* Scene.scene
    emulator.close(pull, { merged: true })
    const { stderr } = yield* runWith({
      HOME: directory,
      WORKSPACE_BASE_DIR: `${directory}/workspace`,
      NODE_OPTIONS: `--import=${hook}`,
      REVIEW_JOB_PAYLOAD: yield* Schema.encodeEffect(JobPayloadJson)({ version: 2, job: Scene.jobOf(pull) }),
      REVIEWER_BOT_USERNAME: bot.login,
      GITHUB_TOKEN: bot.token,
      GITHUB_API_BASE: emulator.apiBase,
      ANTHROPIC_API_KEY: "a-key-that-is-long-enough"
    }, "run-job")
    assert.include(stderr, "nothing to review: the pull request is merged")
    const { files, ofNode } = yield* Schema.decodeEffect(Loaded)(stderr.split("\n").at(-1) ?? "")
    const chunks = files.filter((url) => url.includes("/lib/")).map((url) => basename(url))
    assert.isAtMost(chunks.length, 12, chunks.join(" "))
    assert.notInclude(ofNode, "internal/deps/undici/undici")
    assert.notInclude(ofNode, "http2")
    for (const name of ["Drafting", "GitLab", "Yaml", "Checkout"]) assert.notInclude(chunks, `${name}.js`)
    // Neither the database, for whose disk it would wait seven times, nor the directories of the mirrors.
    assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("a command has nearly all that it loads of Node compiled in Node's executable", () =>
  Effect.gen(function*() {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const env = { HOME: yield* absentHome, ...compileCache }
    const flags = ["--no-warnings", "--expose-internals", "--import", compiledHook]
    const written = yield* spawner.string(
      ChildProcess.make(process.execPath, [...flags, command, "config", "show"], { env, stdin: "ignore" })
    )
    const compiled = (written.split("\n").at(-1) ?? "").split(" ")
    assert.include(written, "WEBHOOK_SECRET")
    assert.isAtMost(compiled.length, 5, compiled.join(" "))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
