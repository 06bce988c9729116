import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import packageJson from "../package.json" with { type: "json" }
import { runWith } from "./RunCommand.ts"

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

  it.live("an unknown command is wrong usage: exit code 2", () =>
    Effect.gen(function*() {
      const { code } = yield* nominalCode("sevre")
      assert.strictEqual(code, 2)
    }))

  it.live.each(
    [
      ["costs --by x", "--by cannot be \"x\": it takes one of repo, model, author, day"],
      ["jobs show ZZ", "<id> cannot be \"ZZ\": it takes the id of a job, as jobs list shows it, or its start"],
      [
        "review --max-usd=-1",
        "--max-usd cannot be \"-1\": it takes an amount of dollars, like 0.50, or 0 for no limit"
      ],
      ["review --max-usd x", "--max-usd cannot be \"x\": it takes a number"]
    ] as const
  )("`%s` is answered in words of the command line, and ends with 2", ([line, sentence]) =>
    Effect.gen(function*() {
      const { code, stderr } = yield* nominalCode(...line.split(" "))
      assert.strictEqual(code, 2)
      assert.strictEqual(stderr.trim().split("\n").at(-1)?.trim(), sentence)
    }))

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
      const { code, stderr } = yield* nominalCode("run-job", "--payload", payload)
      assert.strictEqual(code, 1)
      assert.include(stderr, "GITHUB_TOKEN")
    }))

  it.live("run-job with a payload in Redis, and without a Redis, says which setting is missing", () =>
    Effect.gen(function*() {
      const settings = { GITHUB_TOKEN: "t".repeat(40), ANTHROPIC_API_KEY: "k".repeat(40), REVIEWER_BOT_USERNAME: "bot" }
      const { code, stderr } = yield* runWith(settings, "run-job", "--payload", `redis:${"1".repeat(20)}`)
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
        const { code, stderr } = yield* nominalCode("run-job", ...args)
        assert.strictEqual(code, 1)
        assert.match(stderr, /^nominal-code: [^\n]*REVIEW_JOB_PAYLOAD\n$/)
      })
  )
})
