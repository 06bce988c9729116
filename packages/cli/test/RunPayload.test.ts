import { assert, describe, it } from "@effect/vitest"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { reviewSettings } from "@nominal-code/testing/TestConfig"
import { Effect, Schema } from "effect"
import { decode } from "../src/RunPayload.ts"

const refusal = (value: unknown, leftByServer = false) =>
  Effect.map(
    Effect.flip(decode(typeof value === "string" ? value : JSON.stringify(value), leftByServer)),
    ({ message }) => message.replace("the job payload is not valid: ", "")
  )

const event = {
  platform: "github",
  repo_full_name: "acme/shop",
  pr_number: 7,
  pr_branch: "refunds",
  is_comment_event: false,
  event_type: "pr_opened"
}

const written = Schema.encodeEffect(JobPayloadJson)({
  version: 2,
  job: push(laneOf(1), "a"),
  settings: reviewSettings,
  run: 3
}).pipe(Effect.map((text): Record<string, unknown> => JSON.parse(text)))

describe("a payload that is none", () => {
  it.effect.each(
    [
      ["", /^Unexpected end of JSON input|^Expected/],
      ["[]", /^it names no pull request/],
      ["7", /^it names no pull request/],
      ["{}", /^it names no pull request: docs\/run-job\.md shows its forms$/],
      [{ version: 3, job: {} }, /^it has version 3, and this program reads 1 and 2$/],
      [{ version: "2" }, /^it has version "2", and this program reads 1 and 2$/],
      [{ event: { ...event, is_comment_event: "no" } }, /^event\.is_comment_event has to be true or false$/],
      [{ event: {} }, /^event\.is_comment_event has to be true or false$/]
    ] as const
  )("%j is refused: %s", ([value, message]) =>
    Effect.gen(function*() {
      assert.match(yield* refusal(value), message)
    }))

  it.effect("is told field by field, in one line, with the field that was probably meant", () =>
    Effect.gen(function*() {
      const { pr_branch: _, ...rest } = event
      const message = yield* refusal({ event: { ...rest, pr_number: "7", pr_titel: "x" }, namespce: "a" })
      assert.notInclude(message, "\n")
      assert.include(message, "event.pr_branch: missing")
      assert.match(message, /event\.pr_number: Expected [^;]+/)
      assert.include(message, "event.pr_titel: no field of a payload: did you mean event.pr_title?")
      assert.include(message, "namespce: no field of a payload: did you mean namespace?")
    }))

  it.effect("takes a field for another one if less than half of the longer name is wrong", () =>
    Effect.gen(function*() {
      assert.match(
        yield* refusal({ event, namespaces_of_it: "a" }),
        /^namespaces_of_it: [^:]*: did you mean namespace\?$/
      )
      assert.match(yield* refusal({ event, namespaces_of_them: "a" }), /^namespaces_of_them: [^:]*$/)
    }))

  it.effect("names no other field where none resembles the unknown one", () =>
    Effect.gen(function*() {
      const message = yield* refusal({ pull_request: "https://github.com/acme/shop/pull/7", frobnicate: true })
      assert.strictEqual(message, "frobnicate: no field of a payload")
    }))

  it.effect("says of variables that it may not bring where to set them", () =>
    Effect.gen(function*() {
      assert.match(yield* refusal({ event, extra_env: { A: "b" } }), /^extra_env\.A: /)
      assert.strictEqual((yield* decode(JSON.stringify({ event, extra_env: {} })))._tag, "Request")
    }))
})

describe("a server's payload", () => {
  it.effect("of version 1, which called the run an attempt, is read", () =>
    Effect.gen(function*() {
      const { run, version: _, ...rest } = yield* written
      const old = yield* decode(JSON.stringify({ ...rest, version: 1, attempt: run }))
      const today = yield* decode(JSON.stringify(yield* written))
      assert.deepStrictEqual(old, today)
      assert.strictEqual(old._tag === "FromServer" ? old.payload.run : 0, 3)
    }))

  it.effect("may have fields of a newer server where one left it, and from nobody else", () =>
    Effect.gen(function*() {
      const newer = { ...yield* written, priority: "high" }
      assert.strictEqual((yield* decode(JSON.stringify(newer), true))._tag, "FromServer")
      assert.strictEqual(yield* refusal(newer), "priority: no field of a payload")
      const { run: _, ...unawaited } = yield* written
      assert.strictEqual(yield* refusal({ ...unawaited, priority: "high" }, true), "priority: no field of a payload")
    }))

  it.effect("without a job, or with a run that is none, is refused by the field's name", () =>
    Effect.gen(function*() {
      const { job: _, ...rest } = yield* written
      assert.include(yield* refusal(rest), "job: missing")
      assert.match(yield* refusal({ ...yield* written, run: 0 }), /^run: /)
    }))
})
