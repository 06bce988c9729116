import { assert, describe, it } from "@effect/vitest"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import { Notice } from "@nominal-code/domain/job/Notice"
import {
  Forbidden,
  ForgeError,
  NotFound,
  RateLimited,
  Refused,
  Unauthorized,
  Unavailable
} from "@nominal-code/forge/ForgeError"
import { LlmError } from "@nominal-code/llm/LlmError"
import { WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Duration, Effect } from "effect"
import { notice } from "../src/Notice.ts"
import { review } from "../src/Review.ts"
import * as Scene from "./Scene.ts"

const run = (world: Scene.World) => Effect.provide(review(Scene.pushJob), Scene.layer(world))

const unavailable = Scene.forgeError(new Unavailable({ message: "502" }))

const modelError = (reason: LlmError["reason"], retryAfter?: Duration.Duration) =>
  Effect.fail(
    new LlmError({ provider: "anthropic", reason, message: "no", ...(retryAfter === undefined ? {} : { retryAfter }) })
  )
const workspaceError = (reason: WorkspaceError["reason"]) =>
  Effect.fail(new WorkspaceError({ message: "no checkout", reason }))

describe("an outage uses no attempt, and says what is waited for:", () => {
  const hours = Duration.hours(5)
  const millis = Duration.toMillis(hours)
  const forge = "forge:github"
  const model = "model:anthropic"
  const limited = Scene.forgeError(new RateLimited({ retryAfter: hours }))
  const forbidden = Scene.forgeError(new Forbidden({ message: "contents: read is missing" }))
  const hidden = Scene.forgeError(new NotFound({ message: "no such repository" }))
  const unauthorized = Scene.forgeError(new Unauthorized({ message: "Bad credentials" }))
  const cases: ReadonlyArray<readonly [string, Partial<Scene.World>, string, number | undefined]> = [
    ["a forge that limits us for hours", { forgeFiles: limited }, forge, millis],
    ["a forge that is away", { forgeFiles: unavailable }, forge, undefined],
    ["a forge that is away when the review is posted", { publish: () => Effect.fail(unavailable) }, forge, undefined],
    ["a forge whose git does not answer", { checkout: () => workspaceError("unreachable") }, forge, undefined],
    [
      "a forge that limits us while git says 403",
      { checkout: () => workspaceError("forbidden"), access: limited },
      forge,
      millis
    ],
    [
      "a forge that is away when it is asked why git was refused",
      { checkout: () => workspaceError("auth"), access: unavailable },
      forge,
      undefined
    ],
    [
      "a forge whose git refuses what its API allows",
      { checkout: () => workspaceError("forbidden") },
      forge,
      undefined
    ],
    ["a forge that accepts no credentials of ours", { forgeFiles: unauthorized }, forge, undefined],
    ["a forge that refuses a permission", { forgeFiles: forbidden }, forge, undefined],
    [
      "a forge that refuses it when the review is posted",
      { publish: () => Effect.fail(forbidden) },
      forge,
      undefined
    ],
    ["a forge that hides the repository", { forgeFiles: hidden, access: hidden }, forge, undefined],
    [
      "a forge that refuses a permission, git first",
      { checkout: () => workspaceError("auth"), access: forbidden },
      forge,
      undefined
    ],
    [
      "a forge that hides the repository, git first",
      { checkout: () => workspaceError("forbidden"), access: hidden },
      forge,
      undefined
    ],
    [
      "a forge that is away when it is asked for the repository",
      { forgeFiles: hidden, access: unavailable },
      forge,
      undefined
    ],
    [
      "a forge that accepts none when the review is posted",
      { publish: () => Effect.fail(unauthorized) },
      forge,
      undefined
    ],
    [
      "a forge that accepts none, git first",
      { checkout: () => workspaceError("auth"), access: unauthorized },
      forge,
      undefined
    ],
    ["a model that does not accept the key", { answers: [() => modelError("unauthorized")] }, model, undefined],
    ["a model whose account has no credit left", { answers: [() => modelError("no-credit")] }, model, undefined],
    ["a disk that is full", { checkout: () => workspaceError("disk-full") }, "disk", undefined],
    ["a model that limits us for hours", { answers: [() => modelError("rate-limited", hours)] }, model, millis],
    ["a model that is overloaded", { answers: [() => modelError("overloaded")] }, model, undefined],
    ["a model that is away", { answers: [() => modelError("unavailable")] }, model, undefined]
  ]
  for (const [title, changes, service, retryAfterMillis] of cases) {
    it.effect(title, () =>
      Effect.gen(function*() {
        const world = Scene.world(changes)
        const outcome = yield* run(world)
        assert.deepInclude(outcome, { _tag: "Postponed", service: ServiceName.make(service) })
        assert.deepStrictEqual(outcome._tag === "Postponed" && outcome.retryAfterMillis, retryAfterMillis)
        assert.deepStrictEqual([world.replies, world.saved], [[], []])
      }))
  }
})

it.effect("a wait for access keeps what the forge's API said, where git was refused first", () =>
  Effect.gen(function*() {
    const access = Scene.forgeError(new Forbidden({ message: "contents: read is missing" }))
    for (const reason of ["auth", "forbidden"] as const) {
      const world = Scene.world({ checkout: () => workspaceError(reason), access })
      const outcome = yield* run(world)
      assert.deepStrictEqual("failure" in outcome && outcome.failure, {
        _tag: "Forge",
        reason: "forbidden",
        detail: access.message
      })
      assert.deepStrictEqual(world.calls.filter((call) => call === "access"), ["access"])
    }
  }))

describe("a failure", () => {
  it.effect("of the job itself uses an attempt, and says whether another one may help", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [Partial<Scene.World>, boolean]> = [
        [{ answers: [() => modelError("timeout")] }, true],
        [{ answers: [() => modelError("malformed-response")] }, true],
        [{ answers: [() => modelError("context-too-long")] }, false],
        [{ checkout: () => workspaceError("timeout") }, true],
        [{ checkout: () => workspaceError("too-large") }, false],
        [{ forgeFiles: Scene.forgeError(new NotFound({ message: "no such pull request" })) }, true]
      ]
      for (const [changes, retryable] of cases) {
        const world = Scene.world(changes)
        assert.deepInclude(yield* run(world), { _tag: "Failed", retryable })
        assert.deepStrictEqual([world.drafts, world.replies, world.saved], [[], [], []])
      }
    }))

  it.effect("of the checkout keeps its one-line reason", () =>
    Effect.gen(function*() {
      const error = new WorkspaceError({
        message: "github.com could not be reached\nto fetch acme/shop",
        reason: "corrupt"
      })
      const outcome = yield* run(Scene.world({ checkout: () => Effect.fail(error) }))
      assert.deepStrictEqual(outcome, {
        _tag: "Failed",
        failure: {
          _tag: "Checkout",
          reason: "failed",
          detail: "github.com could not be reached to fetch acme/shop"
        },
        retryable: true
      })
    }))

  it.effect("to be let post a review waits for access, and uses no attempt, where the finished review cannot be kept", () =>
    Effect.gen(function*() {
      const forbidden = Scene.forgeError(new Forbidden({ message: "pull requests: write is missing" }))
      const pending = { keep: () => Effect.void, take: () => Effect.succeedNone }
      const world = Scene.world({ publish: () => Effect.fail(forbidden), pending })
      const outcome = yield* run(world)
      assert.isTrue(outcome._tag === "Postponed" && outcome.service === "forge:github")
    }))

  it.effect("to find the pull request is tried again, for a forge may not know yet what its webhook told of", () =>
    Effect.gen(function*() {
      const cases = [
        [new NotFound({ message: "no such thing" }), true],
        [new Refused({ status: 422, message: "no" }), false]
      ] as const
      for (const [reason, retryable] of cases) {
        const missing = new ForgeError({ operation: "GitHub.publish", reason })
        const world = Scene.world({ publish: () => Effect.fail(missing) })
        assert.deepInclude(yield* run(world), { _tag: "Failed", retryable })
      }
    }))

  it.effect("to read any review out of the answer is told on the pull request, after two tries to mend it", () =>
    Effect.gen(function*() {
      const fallback = Scene.world({ answers: [Scene.writes("I could not finish.")] })
      assert.deepInclude(yield* run(fallback), { _tag: "Failed", retryable: false })
      assert.strictEqual(fallback.tasks.length, 3)
      assert.match(fallback.replies[0] ?? "", /could not turn my answer into a review/)
      assert.notInclude(fallback.replies[0] ?? "", "I could not finish.")
      assert.deepStrictEqual([fallback.drafts, fallback.saved], [[], []])
    }))

  it.effect("to read any review is the job's end where the forge takes no comment: a notice tells so later", () =>
    Effect.gen(function*() {
      for (const reply of [unavailable, Scene.forgeError(new RateLimited({ retryAfter: Duration.hours(1) }))]) {
        const outcome = yield* run(Scene.world({ answers: [Scene.writes("I could not finish.")], reply }))
        assert.deepInclude(outcome, { _tag: "Failed", retryable: false })
        assert.deepInclude("failure" in outcome && outcome.failure, { _tag: "Model", reason: "no-review" })
      }
    }))
})

describe("a repository that takes no posts", () => {
  it.effect.each(
    [
      ["archived", "the repository is archived"],
      ["locked", "the conversation of this pull request is locked"],
      ["sso", "my token is not authorised for the single sign-on of this organization"]
    ] as const
  )(
    "%s: fails the review for that, and its notice and check say so in a sentence of their own",
    ([because, sentence]) =>
      Effect.gen(function*() {
        const refused = Scene.forgeError(new Refused({ status: 403, because, message: "words of the forge" }))
        const outcome = yield* run(Scene.world({ publish: () => Effect.fail(refused) }))
        if (outcome._tag !== "Failed") return assert.fail(outcome._tag)
        assert.deepInclude(outcome.failure, { _tag: "Forge", reason: because })
        assert.isFalse(outcome.retryable)
        const { failure } = outcome
        const world = Scene.world()
        yield* Effect.provide(notice(Scene.pushJob, Notice.cases.GivenUp.make({ failure })), Scene.layer(world))
        assert.include(world.replies[0], `I could not review this pull request: ${sentence}.`)
        assert.include(JSON.stringify(world.checks), sentence)
        assert.notInclude(`${world.replies}`, "words of the forge")
      })
  )
})
