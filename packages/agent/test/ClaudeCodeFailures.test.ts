import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { type ModelAnswer, turns } from "@nominal-code/testing/ScriptedModel"
import { Duration, Effect, FileSystem, Option, Schedule } from "effect"
import { existsSync } from "node:fs"
import { execPath } from "node:process"
import {
  apiKey,
  checkClaude,
  claudeTask,
  commandsOf,
  fakeClaude,
  makeWorld,
  offered,
  runClaude,
  script,
  startedGroup,
  type World
} from "./ClaudeCodeWorld.ts"

const submission = { calls: [{ name: offered("submit_review"), input: { summary: "Fine." } }] }

/** The error of the model service that a run ends with. */
const failing = (run: Effect.Effect<unknown, LlmError | StoreError>) =>
  Effect.filterOrElse(Effect.flip(run), (error) => error._tag === "LlmError", Effect.die)

const sh = (event: unknown) => `echo '${JSON.stringify(event)}'`
const init = sh({ type: "system", subtype: "init", session_id: "s" })
const success = sh({ type: "result", subtype: "success", is_error: false, result: "fine", session_id: "s" })

const inWorld = <A, E>(
  test: (world: World) => Effect.Effect<A, E, FileSystem.FileSystem | Effect.Services<typeof startedGroup>>
) => Effect.flatMap(makeWorld, test).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("a program", () => {
  it.live.each<readonly [what: string, lines: string, message: RegExp]>([
    [
      "is too old",
      "echo '2.1.111 (Claude Code)'",
      /^Claude Code 2\.1\.111 is too old: run `claude update` for 2\.1\.112 /
    ],
    ["is of an older major version", "echo '1.9.999 (Claude Code)'", /1\.9\.999 is too old/],
    ["is another one", "echo 'cat 9.1'", /is not Claude Code: its version is "cat 9\.1"\. Set agent\.cli_path/],
    ["says nothing", "exit 3", /is not Claude Code: its version is ""/],
    ["only complains", "echo 'no node here' >&2; exit 127", /its version is "no node here"/]
  ])(
    "that %s is refused at the start and by a review",
    ([, lines, message]) =>
      inWorld((world) =>
        Effect.gen(function*() {
          const program = yield* script(world, lines)
          for (const run of [checkClaude(world, { program }), runClaude(world, claudeTask(), { program })]) {
            const error = yield* failing(run)
            assert.strictEqual(error.reason, "invalid-request")
            assert.match(error.message, message)
          }
        })
      )
  )

  it.live("that is not there or cannot be run says which setting names it", () =>
    inWorld((world) =>
      Effect.gen(function*() {
        const error = yield* failing(runClaude(world, claudeTask(), { program: `${world.root}/nothing` }))
        assert.strictEqual(error.reason, "invalid-request")
        assert.match(error.message, /\/nothing could not be run.*set agent\.cli_path \(AGENT_CLI_PATH\)/)
      })
    ))

  it.live.each<readonly [what: string, lines: string, reason: LlmError["reason"], message: RegExp]>([
    [
      "prints prose and ends",
      "echo 'Sure! I have looked at it.'; echo 'It is fine.'",
      "unavailable",
      /^Claude Code ended without a result \(exit code 0\): .*It is fine\./
    ],
    [
      "crashes",
      `${init}; echo 'Segmentation fault' >&2; exit 139`,
      "unavailable",
      /exit code 139\): Segmentation fault/
    ],
    ["is killed", `${init}; kill -9 $$`, "unavailable", /ended without a result \(.*SIGKILL/],
    ["hangs", "exec sleep 1000", "timeout", /^Claude Code wrote nothing for 1s and was ended$/],
    ["hangs in the middle", `${init}; exec sleep 1000`, "timeout", /wrote nothing for 1s/],
    [
      "writes a line without an end",
      "exec tr '\\0' x < /dev/zero",
      "malformed-response",
      /a line of more than 16777216/
    ]
  ])(
    "that %s fails the review, and the error says how",
    ([, lines, reason, message]) =>
      inWorld((world) =>
        Effect.gen(function*() {
          const program = yield* fakeClaude(world, `cat > /dev/null &\n${lines}`)
          const error = yield* failing(runClaude(world, claudeTask(), { program, idle: Duration.seconds(1) }))
          assert.strictEqual(error.reason, reason)
          assert.match(error.message, message)
        })
      )
  )

  // Memory is read from /proc, which systems other than Linux do not have: there, nothing bounds it.
  it.live.skipIf(!existsSync("/proc/self/status"))(
    "that takes more memory than its share is ended, and the review fails (/proc)",
    () =>
      inWorld((world) =>
        Effect.gen(function*() {
          const grow = "const held = []; setInterval(() => held.push(Buffer.alloc(2e7, 1)), 5)"
          const program = yield* fakeClaude(world, `${init}\nexec "${execPath}" -e '${grow}'`)
          const error = yield* failing(runClaude(world, claudeTask(), { program, memory: 256 << 20 }))
          assert.strictEqual(error.reason, "malformed-response")
          assert.strictEqual(error.message, "Claude Code took more than 256 MiB of memory and was ended")
        })
      )
  )

  it.live("that forks is ended with what it forked, when it is cancelled and when it ends", () =>
    inWorld((world) =>
      Effect.gen(function*() {
        // The first one holds the output open, and neither listens to SIGTERM.
        const forks = "trap '' TERM; sleep 1000 & sleep 1000 > /dev/null 2>&1 < /dev/null &"
        const waiting = yield* fakeClaude(world, `${forks}\n${init}\nwait`)
        const running = yield* Effect.forkChild(Effect.exit(runClaude(world, claudeTask(), { program: waiting })))
        const group = yield* startedGroup
        yield* Effect.repeat(commandsOf(group), {
          until: (commands) => commands.length >= 3,
          schedule: Schedule.spaced("20 millis")
        })
        running.interruptUnsafe()
        yield* Effect.repeat(commandsOf(group), { until: (left) => left.length === 0 })
        const ending = yield* fakeClaude(world, `${forks}\necho $$ > ${world.root}/group\n${init}\nexit 0`)
        const error = yield* failing(runClaude(world, claudeTask(), { program: ending }))
        assert.match(error.message, /ended without a result \(exit code 0\)/)
        const fs = yield* FileSystem.FileSystem
        assert.deepStrictEqual(yield* commandsOf(Number(yield* fs.readFileString(`${world.root}/group`))), [])
      })
    ))

  it.live("that starts again with a shorter prompt has what is left of the money, and is charged for both", () =>
    inWorld((world) =>
      Effect.gen(function*() {
        const tokens = { inputTokens: 100_000, outputTokens: 10, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 }
        const said = (id: string) => sh({ type: "assistant", message: { id, model: "m", content: [] } })
        const ended = (end: object) => sh({ type: "result", total_cost_usd: 0.5, modelUsage: { m: tokens }, ...end })
        const program = yield* fakeClaude(
          world,
          [
            init,
            `for word in "$@"; do [ "$before" = --max-budget-usd ] && echo "$word" >> ${world.root}/money; before=$word; done`,
            said("1"),
            `if [ $(wc -l < ${world.root}/money) = 1 ]; then`,
            ended({ subtype: "error_during_execution", is_error: true, result: "Prompt is too long" }),
            "else",
            ended({ subtype: "success", is_error: false, result: "fine" }),
            ended({ subtype: "success", is_error: false, result: "fine" }),
            "fi",
            "cat > /dev/null"
          ].join("\n")
        )
        const shorter = Effect.succeedSome("half a diff")
        const { usage } = yield* runClaude(world, claudeTask({ maxCostUsd: 2, shorter }), { program })
        const money = (yield* (yield* FileSystem.FileSystem).readFileString(`${world.root}/money`)).trim().split("\n")
        assert.deepStrictEqual(money, ["2", "1.5"])
        assert.deepStrictEqual([usage.calls, usage.costUsd, usage.usage.input], [2, 1, 200_000])
      })
    ))

  it.live("that tells of what nobody knows yet is understood all the same", () =>
    inWorld((world) =>
      Effect.gen(function*() {
        const text = { type: "text", text: "All is well." }
        const program = yield* fakeClaude(
          world,
          [
            "echo 'a line of prose'",
            sh({ type: "system", subtype: "of_tomorrow" }),
            init,
            sh({ type: "hologram", session_id: "s", beams: [1, 2] }),
            sh({
              type: "assistant",
              message: { id: "1", model: "m", content: [{ type: "song" }, text], usage: { a: -1 } }
            }),
            sh({ type: "assistant", message: "?" }),
            sh({ type: "result", subtype: "success", result: "fine", modelUsage: { m: { inputTokens: -5 } } }),
            success,
            "cat > /dev/null"
          ].join("\n")
        )
        const result = yield* runClaude(world, claudeTask(), { program })
        assert.deepStrictEqual([result.stopped, result.text, result.turns], ["prose", "All is well.", 1])
        assert.deepStrictEqual(result.usage.usage.total, 0)
        assert.notProperty(result.usage, "costUsd")
      })
    ))
})

describe("the real Claude Code", () => {
  const answersWith = (answer: ModelAnswer) => (world: World) => Effect.sync(() => world.model.script(turns(answer)))

  const refused = (status: number, message: string): ModelAnswer => ({ error: { status, message } })

  it.live.each<readonly [what: string, answer: ModelAnswer, reason: LlmError["reason"], message: RegExp]>([
    ["a key that is refused", refused(401, "invalid x-api-key"), "unauthorized", /run `claude` once and log in/],
    ["no permission", refused(403, "no access to it"), "unauthorized", /set ANTHROPIC_API_KEY/],
    ["an unknown model", refused(404, "model: claude-nothing"), "invalid-request", /./],
    ["a request that the API refuses", refused(400, "messages: not like this"), "invalid-request", /not like this/]
  ])("tells %s apart", ([, answer, reason, message]) =>
    inWorld((world) =>
      Effect.gen(function*() {
        yield* answersWith(answer)(world)
        const error = yield* failing(runClaude(world, claudeTask()))
        assert.strictEqual(error.reason, reason)
        assert.match(error.message, message)
        assert.strictEqual(error.provider, "claude-code")
        assert.notInclude(error.message, apiKey)
      })
    ))

  it.live("is logged out: a server does not start with it, and a review waits for the login", () =>
    inWorld((world) =>
      Effect.gen(function*() {
        const loggedOut = { apiKey: Option.none() }
        const atStart = yield* failing(checkClaude(world, loggedOut))
        assert.strictEqual(
          atStart.message,
          "Claude Code is not logged in: run `claude` once and log in with /login, or set ANTHROPIC_API_KEY"
        )
        const error = yield* failing(runClaude(world, claudeTask(), loggedOut))
        assert.deepStrictEqual([error.reason, atStart.reason], ["unauthorized", "unauthorized"])
        assert.match(error.message, /^Not logged in .*: run `claude` once and log in/)
        assert.match(yield* checkClaude(world), /^\d+\.\d+\.\d+$/)
      })
    ))

  it.live("has no service to ask: the review waits", () =>
    inWorld((world) =>
      Effect.gen(function*() {
        const variables = { CLAUDE_CODE_MAX_RETRIES: "0" }
        const error = yield* failing(runClaude(world, claudeTask(), { url: "http://127.0.0.1:9", variables }))
        assert.strictEqual(error.reason, "unavailable")
      })
    ))

  it.live("is told that the prompt is too long: it gets a shorter one, and fails when there is none", () =>
    inWorld((world) =>
      Effect.gen(function*() {
        world.model.script(({ prompt, turn }) => {
          if (prompt.includes("a whole diff")) return refused(400, "prompt is too long: 300000 tokens > 200000 maximum")
          return turn === 0 ? submission : { text: "done" }
        })
        const shorter = ["Review pull request #7 on acme/api: half a diff."]
        const task = claudeTask({
          prompt: "Review pull request #7 on acme/api: a whole diff.",
          shorter: Effect.sync(() => Option.fromUndefinedOr(shorter.shift()))
        })
        const result = yield* runClaude(world, task)
        assert.strictEqual(result.stopped, "submitted")
        assert.include(JSON.stringify(result.conversation.messages[0]), "half a diff")
        const error = yield* failing(runClaude(world, task))
        assert.strictEqual(error.reason, "context-too-long")
      })
    ))
})
