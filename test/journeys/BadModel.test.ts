import type { Fixture } from "@copilotkit/aimock"
import { assert, it, layer } from "@effect/vitest"
import { failureText } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { type ModelAnswer, submitReview, type SubmittedComment, turns } from "@nominal-code/testing/ScriptedModel"
import { Effect, Option } from "effect"
import { type Journey, make, running, RunningJourney } from "./Journey.ts"
import { finding, open } from "./Shop.ts"

const opened = { event: "pull_request", action: "opened" } as const

const env = { JOBS_MAX_ATTEMPTS: "1", JOBS_MAX_CONCURRENT: "16" }

const found = finding("src/total.ts", "Cents are lost here.")
const review: ModelAnswer = { calls: [submitReview("One problem.", [found])] }

const isReviewed = ({ outcome, state }: JobRecord) =>
  state === "done" && Option.exists(outcome, JobOutcome.guards.Reviewed)

/** Answer of the model when it is asked to repair its output, in a request that names no pull request. */
const mending = ({ model }: Journey, answer: ModelAnswer): void =>
  model.script(({ pull, system }) => pull === "" && system.startsWith("You repair JSON") ? answer : undefined)

/** Fails the model's answers about one pull request in the wire, as often as told. */
const breaking = ({ model }: Journey, pull: PullRequest, fault: Partial<Fixture>, times = Infinity): void => {
  let left = times
  const title = `Pull request #${pull.number} on ${pull.repository.fullName}`
  model.mock.prependFixture({
    match: { predicate: (request) => JSON.stringify(request.messages).includes(title) && left-- > 0 },
    response: {
      content: "I read the change first. ".repeat(20),
      toolCalls: [{ name: "submit_review", arguments: JSON.stringify(submitReview("Half of it.", [found]).input) }]
    },
    ...fault
  })
}

layer(running({ env }), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
  it.effect("a model that answers prose only is asked once more and then to mend it; the pull request hears that it got no review", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "prose")
      const prose = "I looked at the total, and it looks good to me."
      journey.script(pull, () => ({ text: prose }))
      mending(journey, { text: "There is nothing to mend: it looks good." })
      const { failure, state } = yield* run({ ...opened, pull })
      assert.strictEqual(state, "parked")
      assert.match(Option.match(failure, { onNone: () => "", onSome: failureText }), /^model: no review could be read/)
      assert.strictEqual(journey.turns(pull).length, 2)
      yield* journey.told(pull, /could not turn my answer into a review/)
      assert.notInclude(journey.written(pull).join(), "looks good")
    }))

  it.effect("a model that answers broken JSON leaves its summary, and nothing that looks like a review", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "broken")
      const broken = "{\"summary\": \"The torn total loses cents.\" : : \"comments\"}"
      journey.script(pull, () => ({ text: broken }))
      mending(journey, { text: "I cannot mend that." })
      assert.strictEqual((yield* run({ ...opened, pull })).state, "parked")
      yield* journey.told(pull, /^The torn total loses cents\.\n\n_No inline comments are available/)
    }))

  it.effect("a model that mends its broken JSON is reviewed by", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "mended")
      journey.script(pull, () => ({ text: "{\"summary\": \"The mended total.\" : : \"comments\"}" }))
      mending(journey, review)
      assert.isTrue(isReviewed(yield* run({ ...opened, pull })))
      assert.deepStrictEqual(journey.emulator.state.reviewCommentsOf(pull).map(({ line }) => line), [3])
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect("findings on lines and in files that are not there land in the summary, and the others stay inline", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "misplaced")
      const at = (path: string, line: number, more: Partial<SubmittedComment> = {}) =>
        finding(path, `What is wrong at ${line} of ${path}.`, { line, ...more })
      const wrong = [
        at("src/total.ts", 99_999),
        at("src/nowhere.ts", 1),
        at("src/items.ts", 2),
        at("src/total.ts", 4, { start_line: 1, side: "LEFT" }),
        at("src/total.ts", 2_147_483_647)
      ]
      const impossible = [
        at("src/total.ts", 0),
        at("../../etc/passwd", 1),
        at("/etc/passwd", 1),
        at("src/total.ts", -3)
      ]
      journey.script(
        pull,
        turns(
          { calls: [submitReview("All wrong.", impossible)] },
          { calls: [submitReview("Some wrong.", [...wrong, found])] }
        )
      )
      assert.isTrue(isReviewed(yield* run({ ...opened, pull })))
      const [, second] = journey.turns(pull)
      assert.match(second?.request.toolResults[0] ?? "", /^Not accepted: .*comments\[0\]\.line.*comments\[3\]\.line/s)
      const inline = journey.emulator.state.reviewCommentsOf(pull)
      const [review] = journey.emulator.state.reviews.filter((review) => review.pull === pull)
      assert.include(inline.map(({ body }) => body).join(), "Cents are lost here.")
      for (const { body } of wrong) {
        assert.include([review?.body, ...inline.map((comment) => comment.body)].join("\n"), body)
      }
      assert.include(review?.body ?? "", "src/total.ts:99999")
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect("tools that there are not are answered so, and run nothing", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "toolbox")
      const calls = ["Bash", "Write", "WebFetch", "constructor", "__proto__"].map((name) => ({
        name,
        input: { command: `touch ${journey.directory}/made-by-the-model`, file_path: "src/total.ts" }
      }))
      journey.script(pull, turns({ calls }, review))
      assert.isTrue(isReviewed(yield* run({ ...opened, pull })))
      const results = journey.turns(pull)[1]?.request.toolResults ?? []
      assert.strictEqual(results.length, calls.length)
      for (const result of results) assert.match(result, /^Unknown tool '\w+'\. Available: Read, /)
      yield* journey.checkHonestyAbout(pull)
    }))

  it.effect("a model that never comes to an end is made to: its turns are counted, and then the pull request is told", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "endless")
      journey.script(pull, () => ({ calls: [{ name: "Read", input: { file_path: "src/total.ts" } }] }))
      const { failure, state } = yield* run({ ...opened, pull })
      assert.strictEqual(state, "parked")
      assert.match(Option.match(failure, { onNone: () => "", onSome: failureText }), /stopped: turns/)
      // Eight turns, and the last chance.
      assert.strictEqual(journey.turns(pull).length, 9)
      yield* journey.told(pull, /could not turn my answer into a review/)
    }))

  it.effect("an answer that breaks off and then comes whole is one whole review", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const pull = yield* open(journey, "brokenoff")
      journey.script(pull, turns(review))
      breaking(journey, pull, { truncateAfterChunks: 8, chunkSize: 10 }, 1)
      assert.isTrue(isReviewed(yield* run({ ...opened, pull })))
      assert.strictEqual(journey.asked(pull).length, 2)
      assert.include(journey.emulator.state.reviews.find((review) => review.pull === pull)?.body ?? "", "One problem.")
      assert.strictEqual(journey.written(pull).length, 2)
    }))

  // The retries within an attempt take their 15 seconds in every case, so the cases take them together.
  it.effect("a model whose answers cannot be used is no review: the pull request is told why, and no half is posted", () =>
    Effect.gen(function*() {
      const { journey, run } = yield* RunningJourney
      const faults: ReadonlyArray<readonly [string, Partial<Fixture>, RegExp, requests: number]> = [
        [
          "refused",
          { response: { status: 400, error: { type: "invalid_request_error", message: "No" } } },
          /the language model does not accept this installation's request/,
          1
        ],
        ["garbled", { chaos: { malformedRate: 1 } }, /the language model gave an answer that cannot be read/, 5]
      ]
      yield* Effect.forEach(faults, ([name, fault, told, requests]) =>
        Effect.gen(function*() {
          const pull = yield* open(journey, name)
          breaking(journey, pull, fault)
          const { failure, state } = yield* run({ ...opened, pull })
          assert.strictEqual(state, "parked", name)
          assert.match(
            Option.match(failure, { onNone: () => "", onSome: failureText }),
            /^model: anthropic \([a-z-]+\): [^\n]+$/
          )
          yield* journey.told(pull, told)
          assert.strictEqual(journey.asked(pull).length, requests, name)
          assert.notInclude(journey.written(pull).join(), "Half of it.")
        }), { concurrency: "unbounded", discard: true })
    }))
})

const outages: ReadonlyArray<readonly [string, Partial<Fixture>]> = [
  ["that asks us to stay away", {
    response: { status: 429, retryAfter: 120, error: { type: "rate_limit_error", message: "Slow" } }
  }],
  ["that does not answer", { chaos: { dropRate: 1 } }],
  ["that breaks off in the middle of its answers", { truncateAfterChunks: 8, chunkSize: 10 }]
]
// Each has a server of its own, whose breaker opens; and they take the retries' 15 seconds together.
it.live("a model that stays away, in whatever way, is waited for: no attempt is used, and the pull request hears nothing yet", () =>
  Effect.forEach(outages, ([name, fault]) =>
    Effect.gen(function*() {
      const journey = yield* make({ env })
      const serve = yield* journey.start()
      const pull = yield* open(journey, "waiting")
      breaking(journey, pull, fault)
      const job = yield* journey.send({ ...opened, pull }, serve)
      const { service } = yield* journey.waits(job)
      assert.strictEqual(service, "model:anthropic", name)
      const { attempts, state } = Option.getOrThrow(yield* journey.queue.find(job))
      assert.deepStrictEqual({ attempts, state }, { attempts: 0, state: "waiting" }, name)
      assert.deepStrictEqual(journey.written(pull), [], name)
    }), { concurrency: "unbounded", discard: true }))
