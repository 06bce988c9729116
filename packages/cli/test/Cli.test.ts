import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import packageJson from "../package.json" with { type: "json" }
import { runWith } from "./RunCommand.ts"
import { runHere } from "./RunHere.ts"

/** Runs the command as a stranger's shell does. */
const nominalCode = (...args: ReadonlyArray<string>) => runWith({}, ...args)

describe("nominal-code", () => {
  it.live("--help shows the commands and succeeds", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* nominalCode("--help")
      assert.strictEqual(code, 0)
      assert.match(stdout, /serve/)
      assert.match(stdout, /run-job/)
    }))

  it.live("--version shows the package's version", () =>
    Effect.gen(function*() {
      const { stdout } = yield* nominalCode("--version")
      assert.include(stdout, packageJson.version)
    }))

  it.live("wrong usage is answered first in words of the command line, then by the usage, and ends with 2", () =>
    Effect.forEach(
      [
        ["sevre", "nominal-code", "there is no command sevre: did you mean serve?"],
        ["review --stagd", "nominal-code review", "there is no flag --stagd: did you mean --staged?"],
        ["review main..a main..b", "nominal-code review", "unexpected argument: main..b"],
        ["review --base", "nominal-code review", "--base has no value: it takes a value"],
        ["review --max-usd x", "nominal-code review", "--max-usd cannot be \"x\": it takes a number"],
        [
          "review --max-usd=-1",
          "nominal-code review",
          "--max-usd cannot be \"-1\": it takes an amount of dollars, like 0.50, or 0 for no limit"
        ],
        ["costs --by x", "nominal-code costs", "--by cannot be \"x\": it takes one of repo, model, author, day"],
        [
          "eval --floor f1=x",
          "nominal-code eval",
          "--floor cannot be \"f1=x\": it takes figures with their floors, like f1=0.6,findings=3.5; the figures are " +
          "precision, recall, f1, golden-or-fixed-later, findings, clean, repeats, anchors, tokens, cached, dollars, " +
          "median-dollars, median-seconds"
        ],
        ["jobs show", "nominal-code jobs show", "<id> is missing"],
        [
          "jobs show ZZ",
          "nominal-code jobs show",
          "<id> cannot be \"ZZ\": it takes the id of a job, as jobs list shows it, or its start"
        ]
      ],
      ([line = "", path = "", sentence = ""]) =>
        Effect.gen(function*() {
          // One of them as a process.
          const run = line === "sevre" ? nominalCode : (...args: ReadonlyArray<string>) => runHere({}, ...args)
          const { code, stderr, stdout } = yield* run(...line.split(" "))
          assert.deepStrictEqual([code, stdout], [2, ""], line)
          const [first, usage, help, ...others] = stderr.trimEnd().split("\n")
          assert.strictEqual(first, `nominal-code: ${sentence}`)
          assert.isTrue(usage?.startsWith(`usage: ${path} `), usage)
          assert.strictEqual(help, `       ${path} --help lists what it takes`)
          assert.deepStrictEqual(others, [])
        }),
      { concurrency: 3, discard: true }
    ))

  it.live("serve without a configuration fails with everything that is missing, in one message", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* nominalCode("serve")
      assert.strictEqual(code, 1)
      assert.strictEqual(stdout, "")
      for (
        const name of [
          "GITHUB_TOKEN",
          "GITHUB_WEBHOOK_SECRET",
          "REVIEWER_BOT_USERNAME",
          "ALLOWED_USERS",
          "ANTHROPIC_API_KEY"
        ]
      ) {
        assert.include(stderr, name)
      }
    }))

  it.live("run-job understands a pull request's page, and then says which settings it lacks", () =>
    Effect.gen(function*() {
      const payload = `{"pull_request": "https://github.com/acme/api/pull/7"}`
      const { code, stderr } = yield* runHere({}, "run-job", "--payload", payload)
      assert.strictEqual(code, 1)
      assert.include(stderr, "GITHUB_TOKEN")
    }))

  it.live("run-job with a payload in Redis, and without a Redis, says which setting is missing", () =>
    Effect.gen(function*() {
      const settings = { GITHUB_TOKEN: "t".repeat(40), ANTHROPIC_API_KEY: "k".repeat(40), REVIEWER_BOT_USERNAME: "bot" }
      const { code, stderr } = yield* runHere(settings, "run-job", "--payload", `redis:${"1".repeat(20)}`)
      assert.strictEqual(code, 1)
      assert.strictEqual(
        stderr.trim().split("\n").at(-1),
        `nominal-code: the job payload redis:${
          "1".repeat(20)
        } is in the Redis of a server: set redis.url (REDIS_URL) to it`
      )
    }))

  it.live.each(
    [
      ["no payload", []],
      ["a payload that is no JSON", ["--payload", "{"]],
      ["a payload of another shape", ["--payload", "{\"event\":{}}"]],
      ["a payload file that does not exist", ["--payload", "@/nonexistent/job.json"]]
    ] satisfies ReadonlyArray<readonly [string, ReadonlyArray<string>]>
  )(
    "run-job with %s fails in one line that says how to give it",
    ([, args]) =>
      Effect.gen(function*() {
        const run = args.length === 0 ? runWith : runHere
        const { code, stderr } = yield* run({}, "run-job", ...args)
        assert.strictEqual(code, 1)
        assert.match(stderr, /^nominal-code: [^\n]*REVIEW_JOB_PAYLOAD\n$/)
      })
  )
})
