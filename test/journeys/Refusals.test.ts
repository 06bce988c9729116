import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { command } from "@nominal-code/testing/Command"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { realClaude } from "@nominal-code/testing/RealClaude"
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { env, execPath } from "node:process"

type Environment = Readonly<Record<string, string | undefined>>

/** An environment in which `serve` starts, but for what a test changes in it. */
const environment = (directory: string): Environment => ({
  PATH: env["PATH"],
  HOME: directory,
  ALLOWED_USERS: "mara",
  ANTHROPIC_API_KEY: "sk-ant-api03-0123456789",
  GITHUB_TOKEN: `ghp_${"0123456789".repeat(4)}`,
  GITHUB_WEBHOOK_SECRET: "a secret of enough bytes",
  NOMINAL_DATA_DIR: `${directory}/data`,
  REVIEWER_BOT_USERNAME: "nominalbot",
  WEBHOOK_HOST: "127.0.0.1",
  WEBHOOK_PORT: "0",
  WORKSPACE_BASE_DIR: `${directory}/workspace`
})

/** Runs `serve` to its end, which has to come by itself. */
const refused = Effect.fnUntraced(
  function*(change: (directory: string) => Environment) {
    const fs = yield* FileSystem.FileSystem
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-refused-" })
    const child = yield* spawner.spawn(ChildProcess.make(execPath, [command, "serve"], {
      cwd: directory,
      env: { ...environment(directory), ...change(directory) },
      stdin: "ignore"
    }))
    const text = (output: typeof child.stdout) => Stream.mkString(Stream.decodeText(output))
    const [stdout, stderr, code] = yield* Effect.all([text(child.stdout), text(child.stderr), child.exitCode], {
      concurrency: 3
    })
    return { stdout, stderr, code: Number(code), directory }
  },
  Effect.scoped,
  Effect.timeout("60 seconds"),
  Effect.provide(NodeServices.layer)
)

const file = (path: string): string => {
  writeFileSync(path, "")
  return path
}

/** A program that does what the lines say. */
const script = (path: string, lines: string): string => {
  writeFileSync(path, `#!/bin/sh\n${lines}\n`)
  chmodSync(path, 0o755)
  return path
}

const directory = (path: string): string => {
  mkdirSync(path, { recursive: true })
  return path
}

it.live.each<readonly [what: string, change: (directory: string) => Environment, names: RegExp]>([
  [
    "a data directory that cannot be made",
    (place) => ({ NOMINAL_DATA_DIR: `${file(`${place}/file`)}/data` }),
    /\/file\/data.*NOMINAL_DATA_DIR/
  ],
  [
    "a data directory whose database cannot be opened",
    (place) => ({ NOMINAL_DATA_DIR: directory(`${place}/data/nominal-code.db`).replace("/nominal-code.db", "") }),
    /\/data.*NOMINAL_DATA_DIR/
  ],
  [
    "a workspace directory that cannot be made",
    (place) => ({ WORKSPACE_BASE_DIR: `${file(`${place}/file`)}/workspace` }),
    /\/file\/workspace.*(?:WORKSPACE_BASE_DIR|workspace\.base_dir)/
  ],
  [
    "neither a key of the model nor Claude Code",
    () => ({ ANTHROPIC_API_KEY: undefined, PATH: "/usr/bin:/bin" }),
    /ANTHROPIC_API_KEY must be set.*Or install Claude Code and log in/
  ],
  [
    "a Claude Code that is too old",
    (place) => ({
      ANTHROPIC_API_KEY: undefined,
      AGENT_CLI_PATH: script(`${place}/claude`, "echo '1.0.3 (Claude Code)'")
    }),
    /Claude Code 1\.0\.3 is too old: run `claude update`/
  ],
  [
    "the real Claude Code when nobody is logged in",
    () => ({ ANTHROPIC_API_KEY: undefined, AGENT_CLI_PATH: realClaude }),
    /Claude Code is not logged in: run `claude` once and log in with \/login, or set ANTHROPIC_API_KEY/
  ],
  ["a missing webhook secret", () => ({ GITHUB_WEBHOOK_SECRET: undefined }), /GITHUB_WEBHOOK_SECRET must be set/],
  ["a webhook secret of 15 bytes", () => ({ GITHUB_WEBHOOK_SECRET: "0123456789abcde" }), /at least 16 bytes/],
  [
    "unsigned webhooks from anywhere",
    () => ({ WEBHOOK_ALLOW_UNSIGNED: "true", GITHUB_WEBHOOK_SECRET: undefined, WEBHOOK_HOST: "0.0.0.0" }),
    /webhook\.allow_unsigned \(WEBHOOK_ALLOW_UNSIGNED\).*WEBHOOK_HOST to 127\.0\.0\.1/
  ]
])(
  "serve does not start with %s: one line says what is wrong and what to do",
  ([, change, names]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* refused(change)
      assert.strictEqual(code, 1)
      assert.match(stderr, /^nominal-code: [^\n]+\n$/)
      assert.match(stderr, names)
      assert.strictEqual(stdout, "")
      for (
        const secret of ["sk-ant-api03-0123456789", "ghp_0123456789", "a secret of enough bytes", "0123456789abcde"]
      ) {
        assert.notInclude(stderr, secret)
      }
    })
)

it.live("serve does not start on a port in use: one line names it and says what to do", () =>
  Effect.gen(function*() {
    const { origin } = yield* listenScoped
    const { port } = new URL(origin)
    const { code, stderr } = yield* refused(() => ({ WEBHOOK_PORT: port }))
    assert.strictEqual(code, 1)
    assert.match(stderr, new RegExp(`^nominal-code: [^\\n]*127\\.0\\.0\\.1:${port}\\b[^\\n]*WEBHOOK_PORT[^\\n]*\\n$`))
  }))
