import { assert, it } from "@effect/vitest"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { isAutomatic, PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import {
  DeliveryId,
  eventKeyOf,
  isSettled,
  Job,
  JobId,
  jobIdOfDelivery,
  jobOfHead,
  JobOutcome,
  reviewedHead
} from "@nominal-code/domain/job/Job"
import { JobPayload, JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { Effect, Equal, Schema } from "effect"

const delivery = DeliveryId.make("72d3162e-cc78-11e3-81ab-4c9367dc0958")

it("a delivery's job id is a function of the delivery and its forge", () => {
  const id = jobIdOfDelivery("github", delivery)
  assert.strictEqual(id, jobIdOfDelivery("github", DeliveryId.make(`${delivery}`)))
  assert.isTrue(Schema.is(JobId)(id))
  assert.notStrictEqual(id, jobIdOfDelivery("gitlab", delivery))
  assert.notStrictEqual(id, jobIdOfDelivery("github", DeliveryId.make("72d3162e-cc78-11e3-81ab-4c9367dc0959")))
})

it("a delivery's job id stays what it is from release to release", () => {
  assert.strictEqual(jobIdOfDelivery("github", delivery), "45c7e4d103b89e99d136")
})

// `Equal` and not `deepStrictEqual`: JSON knows no negative zero, and nothing here depends on one.
it.effect.prop("a job survives JSON without a loss", [Job], ([job]) =>
  Effect.gen(function*() {
    const json = Schema.fromJsonString(Job)
    const decoded = yield* Schema.decodeEffect(json)(yield* Schema.encodeEffect(json)(job))
    assert.instanceOf(decoded, Job)
    assert.isTrue(Equal.equals(decoded, job))
  }), { arbitrary: { runs: 50 } })

const encodeOutcome = Schema.encodeSync(JobOutcome)
/** A value as its JSON is read. */
const inJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

it.prop("an outcome's JSON is what its schema encodes", [JobOutcome], ([outcome]) => {
  assert.deepStrictEqual(inJson(outcome), inJson(encodeOutcome(outcome)))
}, { arbitrary: { runs: 200 } })

it.effect.prop("a payload survives JSON without a loss", [JobPayload], ([payload]) =>
  Effect.gen(function*() {
    const text = yield* Schema.encodeEffect(JobPayloadJson)(payload)
    assert.isTrue(Equal.equals(yield* Schema.decodeEffect(JobPayloadJson)(text), payload))
  }), { arbitrary: { runs: 50 } })

it.effect.prop("an outcome survives JSON without a loss", [JobOutcome], ([outcome]) =>
  Effect.gen(function*() {
    const json = Schema.fromJsonString(JobOutcome)
    assert.isTrue(Equal.equals(yield* Schema.decodeEffect(json)(yield* Schema.encodeEffect(json)(outcome)), outcome))
  }), { arbitrary: { runs: 50 } })

it("a payload that is no job is refused", () => {
  for (const text of ["", "{}", "[]", "null", "not JSON", "{\"version\":2}"]) {
    assert.strictEqual(Schema.decodeExit(JobPayloadJson)(text)._tag, "Failure", text)
  }
})

it.effect.prop(
  "a payload of the version before is read as it was meant",
  [JobPayload],
  // It had no token yet.
  ([{ run: _run, token: _token, version: _version, ...rest }]) =>
    Effect.gen(function*() {
      const payload = yield* Schema.encodeEffect(JobPayload)({ version: 2, ...rest })
      const text = JSON.stringify({ ...payload, version: 1, attempt: 3 })
      const read = yield* Schema.decodeEffect(JobPayloadJson)(text)
      assert.isTrue(Equal.equals(read, { version: 2 as const, ...rest, run: 3 }))
    }),
  { arbitrary: { runs: 20 } }
)

it("an event is known by its kind and head, a request to review a head again by that request too", () => {
  const author = Login.make("alice")
  const pullRequest = new PullRequestRef({
    platform: "github",
    repo: RepoName.make("acme/api"),
    number: PullNumber.make(7)
  })
  const headSha = Sha.make("a".repeat(40))
  const common = { pullRequest, title: "", author }
  const push = { ...common, kind: "pr_push", headSha, headBranch: "b", baseBranch: "main" } as const
  assert.strictEqual(eventKeyOf(PullRequestEvent.cases.Lifecycle.make(push)), `pr_push:${headSha}`)
  const again = PullRequestEvent.cases.Lifecycle.make({ ...push, kind: "pr_rerun", again: "request-1" })
  assert.strictEqual(eventKeyOf(again), `pr_rerun:request-1:${headSha}`)
  const comment = { ...common, kind: "issue_comment", commentId: 31, body: "", authorIsBot: false } as const
  assert.strictEqual(eventKeyOf(PullRequestEvent.cases.Comment.make(comment)), "issue_comment:31")
})

it("an event is automatic unless somebody asked for a review with it, or it stands for one with which somebody did", () => {
  const pullRequest = new PullRequestRef({
    platform: "github",
    repo: RepoName.make("acme/api"),
    number: PullNumber.make(7)
  })
  const head = { pullRequest, title: "", author: Login.make("alice"), headSha: Sha.make("a".repeat(40)) }
  const { Comment, Lifecycle } = PullRequestEvent.cases
  const automatic = (kind: "pr_opened" | "pr_push" | "pr_labeled" | "pr_rerun", asked?: boolean) =>
    isAutomatic(
      Lifecycle.make({ ...head, kind, headBranch: "b", baseBranch: "main", ...(asked === undefined ? {} : { asked }) })
    )
  assert.deepStrictEqual(
    [automatic("pr_opened"), automatic("pr_push"), automatic("pr_labeled"), automatic("pr_rerun")],
    [true, true, false, false]
  )
  assert.deepStrictEqual([automatic("pr_push", true), automatic("pr_push", false)], [false, true])
  const comment = { ...head, kind: "issue_comment", commentId: 31, body: "", authorIsBot: false } as const
  assert.isFalse(isAutomatic(Comment.make(comment)))
})

it("a head without a delivery has a job by its commit and prompt, and is one that somebody asked for or not", () => {
  const ref = new PullRequestRef({ platform: "github", repo: RepoName.make("acme/api"), number: PullNumber.make(7) })
  const pull = { ref, title: "T", headSha: Sha.make("a".repeat(40)), headBranch: "b", baseBranch: "main" }
  const plain = jobOfHead(pull)
  assert.deepInclude(plain.event, { _tag: "Lifecycle", kind: "pr_opened", author: Login.make("local") })
  assert.deepStrictEqual([plain.prompt, plain.receivedAt, plain.lane.bot], ["", 0, "local"])
  assert.strictEqual(jobOfHead(pull, { asked: true, receivedAt: 7 }).id, plain.id)
  assert.deepInclude(jobOfHead(pull, { asked: true }).event, { kind: "pr_rerun" })
  assert.notStrictEqual(jobOfHead(pull, { prompt: "locks" }).id, plain.id)
  assert.notStrictEqual(jobOfHead({ ...pull, headSha: Sha.make("b".repeat(40)) }).id, plain.id)
})

it("an outcome names the head that it found reviewed, and only a failure leaves something to be tried", () => {
  const headSha = Sha.make("a".repeat(40))
  const { Failed, Reviewed, Skipped } = JobOutcome.cases
  const reviewed = Reviewed.make({ headSha, findings: 0, alreadyPosted: false })
  assert.strictEqual(reviewedHead(reviewed), headSha)
  assert.strictEqual(reviewedHead(Skipped.make({ reason: "head-reviewed", detail: "", headSha })), headSha)
  assert.isUndefined(reviewedHead(Skipped.make({ reason: "quota-reached", detail: "", headSha })))
  const failed = Failed.make({ failure: { _tag: "Pod", reason: "killed", detail: "" }, retryable: true })
  assert.isUndefined(reviewedHead(failed))
  assert.deepStrictEqual([isSettled(reviewed), isSettled(failed)], [true, false])
})
