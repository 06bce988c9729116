import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { command } from "@nominal-code/testing/Command"
import { Effect, FileSystem, Option, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { runWith } from "./RunCommand.ts"
import { runHere } from "./RunHere.ts"

/** The least that `serve` starts with, on a free port of this machine. */
const complete = {
  GITHUB_TOKEN: "ghp_token",
  GITHUB_WEBHOOK_SECRET: "0123456789abcdef",
  REVIEWER_BOT_USERNAME: "nominalbot",
  ALLOWED_USERS: "alice",
  ANTHROPIC_API_KEY: "sk-ant-key",
  WEBHOOK_HOST: "127.0.0.1",
  WEBHOOK_PORT: "0"
}

const temporary = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "starts-" })
)

it("a clone's command says in one line that a Node is too old for it", () => {
  const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })"
  const program = fileURLToPath(new URL("../bin/nominal-code.js", import.meta.url))
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${old}`, program, "serve"],
    {
      encoding: "utf8"
    }
  )
  assert.match(
    stderr,
    /^nominal-code: Node 22\.19 or newer is needed, and this is 20\.20\.2\. A clone has one: [^\n]*\n$/
  )
  assert.strictEqual(status, 1)
})

describe("serve", () => {
  it.live("on port 0 logs the port that it got, and answers there", () =>
    Effect.gen(function*() {
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      const env = { ...complete, HOME: yield* temporary, NOMINAL_STORAGE: "memory" }
      const server = yield* spawner.spawn(
        ChildProcess.make(process.execPath, [command, "serve", "--no-doctor"], { env })
      )
      const log = Stream.splitLines(Stream.decodeText(server.stderr))
      const line = Option.getOrThrow(
        yield* Stream.runHead(Stream.filter(log, (line) => line.includes("listening on")))
      )
      const [, url = ""] = /listening on (http:\/\/127\.0\.0\.1:[1-9]\d*), waiting/.exec(line) ?? []
      const { status } = yield* Effect.promise(() => fetch(`${url}/health`))
      assert.strictEqual(status, 200)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("ends with one line about a data directory that cannot be: below a file, or in /proc", () =>
    Effect.gen(function*() {
      const directory = yield* temporary
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${directory}/file`, "")
      const answers = [
        [
          `${directory}/file/data`,
          `nominal-code: ${directory}/file/data/nominal-code.db: its directory cannot be made (a part of its path is a file); ` +
          "make it writable for this user, or set data_dir (NOMINAL_DATA_DIR) to another directory\n"
        ],
        [
          "/proc/x",
          "nominal-code: Configuration error: data_dir (NOMINAL_DATA_DIR): \"/proc/x\" is in a file system of the " +
          "kernel, which keeps no files: name another directory\n"
        ]
      ] as const
      for (const [data, said] of answers) {
        const { code, stderr } = yield* runHere({ ...complete, NOMINAL_DATA_DIR: data }, "serve")
        assert.deepStrictEqual([code, stderr], [1, said])
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("of a configuration with several mistakes says all of them, and makes nothing", () =>
    Effect.gen(function*() {
      const directory = yield* temporary
      const fs = yield* FileSystem.FileSystem
      const { code, stderr } = yield* runWith({
        ...complete,
        HOME: directory,
        REVIEWER_TRIGGERS: "pr_merged",
        GITHUB_TOKEN: "ghp_...",
        WEBHOOK_PORT: "http"
      }, "serve")
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(stderr.trimEnd().split("\n"), [
        "nominal-code: Configuration error, 3 problems:",
        "  - webhook.port (WEBHOOK_PORT): \"http\" in the environment is not a whole number from 0 to 65535",
        "  - github.token (GITHUB_TOKEN): the value is the placeholder of an example: put your own in its place",
        "  - reviewer.triggers (REVIEWER_TRIGGERS): \"pr_merged\" is no trigger: there are pr_opened, pr_push, " +
        "pr_reopened, pr_ready_for_review, pr_labeled, pr_retargeted"
      ])
      assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})

it.live("a command that is no server names a variable that looks misspelled, too", () =>
  Effect.gen(function*() {
    const { stderr } = yield* runHere({ NOMINAL_DATA_DIR: `${yield* temporary}/data`, AGENT_MODLE: "m" }, "costs")
    assert.match(stderr, /AGENT_MODLE is in the environment, and is no setting: was AGENT_MODEL meant\?/)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

describe("jobs, where no server has been yet", () => {
  const asked: ReadonlyArray<readonly [args: ReadonlyArray<string>, code: number, stdout: string, said: string]> = [
    [["list"], 0, "no jobs\n", ""],
    [["list", "--json"], 0, "[]\n", ""],
    [["show", "abc"], 1, "", "nominal-code: no job abc is known: see nominal-code jobs list\n"],
    [["retry", "abc"], 1, "", "nominal-code: no job abc is known: see nominal-code jobs list\n"],
    [["cancel", "abc"], 1, "", "nominal-code: no job abc is known: see nominal-code jobs list\n"]
  ]
  for (const [args, code, stdout, said] of asked) {
    it.live(`${args.join(" ")} makes no database, and doubts the directory`, () =>
      Effect.gen(function*() {
        const directory = yield* temporary
        const fs = yield* FileSystem.FileSystem
        const answer = yield* runHere({ NOMINAL_DATA_DIR: `${directory}/data` }, "jobs", ...args)
        assert.deepStrictEqual([answer.code, answer.stdout], [code, stdout])
        const [warning = "", ...rest] = answer.stderr.split(/(?<=\n)/)
        assert.match(
          warning,
          /WARN +no server has a queue in \S+\/data yet: is data_dir \(NOMINAL_DATA_DIR\) that of the server\?\n$/
        )
        assert.strictEqual(rest.join(""), said)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
  }

  it.live("--log-level says what is logged, whatever LOG_LEVEL says, and LOG_FORMAT how", () =>
    Effect.gen(function*() {
      const NOMINAL_DATA_DIR = `${yield* temporary}/data`
      const said = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
        Effect.map(runHere({ NOMINAL_DATA_DIR, ...env }, "jobs", "list", ...args), ({ stderr }) => stderr)
      assert.strictEqual(yield* said({ LOG_LEVEL: "DEBUG" }, "--log-level", "error"), "")
      assert.match(yield* said({ LOG_LEVEL: "ERROR" }, "--log-level", "warn"), /WARN +no server has a queue/)
      assert.include(JSON.parse(yield* said({ LOG_FORMAT: "json" })), { level: "WARN" })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
