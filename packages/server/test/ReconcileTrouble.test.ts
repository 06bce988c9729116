import { assert, describe, it } from "@effect/vitest"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { Failure } from "@nominal-code/domain/job/Failure"
import { jobOfHead } from "@nominal-code/domain/job/Job"
import { Exchange } from "@nominal-code/forge/Exchange"
import { ForgeError, NotFound, Unavailable } from "@nominal-code/forge/ForgeError"
import { type ForgeInventory, noDeliveries } from "@nominal-code/forge/Inventory"
import { JobQueue, Settlement } from "@nominal-code/jobs/JobQueue"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { now } from "@nominal-code/testing/GitHubState"
import { Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { gitHub, gitLab, markerOf, round } from "./ReconcileScene.ts"

const found = Effect.map(
  round(),
  ({ missed }) => missed.map(({ event, from }) => `${from} ${event.kind} ${event.pullRequest.number}`)
)
const [always, twoDaysAgo] = [1_000, () => now() - 2 * 86_400_000]

const troubles = [
  ["a delivery that GitHub gives out no more", /\/app\/hook\/deliveries\/\d+$/, 404, 1, [
    "delivery issue_comment 1",
    "head pr_opened 2"
  ]],
  ["a place in the list of deliveries that GitHub does not know", /\/app\/hook\/deliveries$/, 422, always, [
    "head pr_opened 2"
  ]],
  [
    "an installation that gives no token",
    /\/app\/installations\/67891\//,
    403,
    always,
    ["delivery issue_comment 1", "delivery issue_comment 1", "head pr_opened 2"]
  ]
] as const

describe("a search for missed events goes on", () => {
  for (const [what, path, status, times, expected] of troubles) {
    it.live(`behind ${what}`, () =>
      Effect.gen(function*() {
        const world = yield* gitHub
        const server = world.install()
        const [app] = world.apps.apps
        if (app === undefined) return assert.fail("no App")
        world.apps.install(app, 67_891, [])
        const [asking] = world.open(1, { createdAt: twoDaysAgo(), updatedAt: twoDaysAgo() })
        world.open(1)
        if (asking === undefined) return assert.fail("no pull request")
        for (const body of ["@nominalbot explain this", "@nominalbot explain that"]) {
          world.lose({
            event: "issue_comment",
            action: "created",
            comment: yield* world.comment(asking, "mara", body)
          })
        }
        Object.assign(asking, { updatedAt: twoDaysAgo() })
        world.faults.next({ path, times }, { _tag: "Answer", status })
        assert.deepStrictEqual(yield* Effect.provide(found, server), [...expected])
      }).pipe(Effect.scoped))
  }
})

describe("a delivery that GitHub fails to give out", () => {
  /** A GitHub that could not deliver so many comments, and a server that has taken none of them. */
  const lost = Effect.fnUntraced(function*(count: number, maxRequests = always) {
    const world = yield* gitHub
    const queue = Layer.succeedContext(yield* Layer.build(MemoryQueue.layer))
    const first = world.install(undefined, { queue, maxRequests })
    for (const pull of world.open(count, { createdAt: twoDaysAgo(), updatedAt: twoDaysAgo() })) {
      const comment = yield* world.comment(pull, "mara", "@nominalbot explain this")
      world.lose({ event: "issue_comment", action: "created", comment })
      Object.assign(pull, { updatedAt: twoDaysAgo() })
    }
    return { first, queue, world }
  })

  it.live("holds up none behind it, is taken when GitHub gives it out, and is not forgotten", () =>
    Effect.gen(function*() {
      const { first, world } = yield* lost(4)
      const [poison] = world.state.lostDeliveries
      // The first try of a round, and three more.
      const path = new RegExp(`/app/hook/deliveries/${poison?.id}$`)
      world.faults.next({ path, times: 8 }, { _tag: "Answer", status: 502 })
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* found, [2, 3, 4].map((number) => `delivery issue_comment ${number}`))
        assert.deepStrictEqual(yield* found, [])
        assert.deepStrictEqual(yield* found, ["delivery issue_comment 1"])
        assert.deepStrictEqual(yield* found, [])
      }).pipe(Effect.provide(first))
    }).pipe(Effect.scoped))

  it.live("or has not given out when the server ended, is taken by the next server", () =>
    Effect.gen(function*() {
      const { first, queue, world } = yield* lost(6, 4)
      const { missed } = yield* Effect.provide(round(), first)
      assert.isTrue(missed.length > 0 && missed.length < 6)
      const rest = yield* Effect.provide(round(), world.again({ queue }))
      const numbers = [...missed, ...rest.missed].map(({ event }) => event.pullRequest.number)
      assert.deepStrictEqual(numbers.toSorted(), [1, 2, 3, 4, 5, 6].map((number) => PullNumber.make(number)))
    }).pipe(Effect.scoped))
})

const troublesOnGitLab = [
  ["a merge request that is gone", /merge_requests\/1\/discussions$/, 404, ["head pr_push 2"]],
  ["statuses that our role may not read", /\/statuses$/, 403, ["head pr_push 1", "head pr_push 2"]],
  ["commits that the project does not have", /\/statuses$/, 404, ["head pr_push 1", "head pr_push 2"]]
] as const

describe("a search among the merge requests of GitLab goes on", () => {
  for (const [what, path, status, expected] of troublesOnGitLab) {
    it.live(`behind ${what}`, () =>
      Effect.gen(function*() {
        const world = yield* gitLab
        for (const request of world.open(2)) {
          yield* world.comment(request, "nominalbot", `Looked at.\n\n${markerOf("a".repeat(40))}`)
          // The one that changed first is looked at first.
          Object.assign(request, { updatedAt: now() - (9 - request.iid) * 60_000 })
        }
        world.faults.next({ path, times: always }, { _tag: "Answer", status })
        assert.deepStrictEqual(yield* Effect.provide(found, world.server()), [...expected])
      }).pipe(Effect.scoped))
  }
})

/** Two merge requests, each with a question: the one that changed first is looked at first. */
const twoQuestions = Effect.gen(function*() {
  const world = yield* gitLab
  for (const request of world.open(2, { labels: ["review"] })) {
    yield* world.comment(request, "mara", `@nominalbot explain ${request.iid}`)
    Object.assign(request, { updatedAt: now() - (9 - request.iid) * 60_000 })
  }
  const asked = (list: RegExp) => world.requests.filter(({ path }) => list.test(path)).length
  return { ...world, asked, policy: { triggers: ["pr_labeled"], reviewLabel: "review" } } as const
})

describe("a merge request on GitLab with a list that is longer than what is read", () => {
  it.effect("holds up no other one, and is looked at again after an hour", () =>
    Effect.gen(function*() {
      const world = yield* twoQuestions
      let asked = 0
      let isEndless = true
      const send: typeof Exchange.Service = (url, sent) => {
        if (!isEndless || !url.includes("merge_requests/1/discussions")) {
          return fetch(url, { ...sent, redirect: "manual" })
        }
        asked += 1
        return Promise.resolve(new Response("[]", { headers: { "x-next-page": "2" } }))
      }
      yield* TestClock.setTime(now())
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* found, ["comment note 2"])
        const before = asked
        yield* TestClock.adjust("50 minutes")
        assert.deepStrictEqual(yield* found, [])
        assert.strictEqual(asked, before)
        yield* TestClock.adjust("20 minutes")
        isEndless = false
        assert.deepStrictEqual(yield* found, ["comment note 1"])
      }).pipe(Effect.provide(world.server({ policy: world.policy })), Effect.provideService(Exchange, send))
    }).pipe(Effect.scoped))

  it.live("of events that are refused, holds up no other one and is not read again while it does not change", () =>
    Effect.gen(function*() {
      const world = yield* twoQuestions
      const events = /merge_requests\/1\/resource_state_events$/
      world.faults.next({ path: events, times: always }, { _tag: "Answer", status: 422 })
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* found, ["comment note 1", "comment note 2"])
        assert.deepStrictEqual(yield* found, [])
        assert.strictEqual(world.asked(events), 1)
      }).pipe(Effect.provide(world.server({ policy: world.policy })))
    }).pipe(Effect.scoped))
})

/** A forge whose repository `acme/broken` fails with this, and in whose other one an App has no pull requests. */
const failing = (error: ForgeError, seen: Array<string>): ForgeInventory => ({
  platform: "github",
  ahead: () => 0,
  looksAtOnce: 1,
  repositories: () => Effect.succeed(["acme/broken", "acme/whole"].map((repo) => ({ repo: RepoName.make(repo) }))),
  failedDeliveries: () => Effect.succeed(noDeliveries),
  delivery: () => Effect.never,
  openPullRequests: ({ repo }) => {
    seen.push(repo)
    return repo === "acme/broken" ? Effect.fail(error) : Effect.succeed([])
  },
  look: () => Effect.never
})

const because = (reason: ForgeError["reason"]) => new ForgeError({ operation: "GitHub.openPullRequests", reason })

describe("a repository", () => {
  it.live("that GitHub cannot list holds the others up for one round only", () =>
    Effect.gen(function*() {
      const world = yield* gitLab
      const seen: Array<string> = []
      const first = failing(because(new Unavailable({ message: "502" })), seen)
      yield* Effect.provide(Effect.replicateEffect(round(), 2), world.server({ first }))
      assert.deepStrictEqual(seen, ["acme/broken", "acme/whole", "acme/broken"])
    }).pipe(Effect.scoped))

  it.effect("that is not there is looked for again after an hour", () =>
    Effect.gen(function*() {
      const world = yield* gitLab
      const seen: Array<string> = []
      const first = failing(because(new NotFound({ message: "404" })), seen)
      yield* Effect.gen(function*() {
        for (const expected of [1, 1, 2]) {
          yield* round()
          assert.lengthOf(seen.filter((repo) => repo === "acme/broken"), expected)
          yield* TestClock.adjust("40 minutes")
        }
      }).pipe(Effect.provide(world.server({ first, policy: { allowedRepos: ["acme/none"] } })))
    }).pipe(Effect.scoped))
})

/** A queue that is away when the first job is offered. */
const awayAtFirst = Layer.effect(
  JobQueue,
  Effect.map(JobQueue, (queue) => {
    let offers = 0
    const away = new StoreError({ operation: "JobQueue.offer", reason: "unavailable", message: "connection lost" })
    return JobQueue.of({ ...queue, offer: (job) => offers++ === 0 ? Effect.fail(away) : queue.offer(job) })
  })
).pipe(Layer.provideMerge(MemoryQueue.layer))

it.live("a head that was found while the store was away is offered in the next search", () =>
  Effect.gen(function*() {
    const world = yield* gitHub
    world.open(1)
    yield* Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(found))._tag, "StoreError")
      assert.deepStrictEqual(yield* found, ["head pr_opened 1"])
    }).pipe(Effect.provide(world.server({ queue: awayAtFirst })))
  }).pipe(Effect.scoped))

it.live("a head whose job no server had signed is offered anew", () =>
  Effect.gen(function*() {
    const world = yield* gitHub
    const [pull] = world.open(1)
    if (pull === undefined) return assert.fail("no pull request")
    const ref = new PullRequestRef({
      platform: "github",
      repo: RepoName.make("acme/shop"),
      number: PullNumber.make(pull.number)
    })
    const job = jobOfHead({ ...pull, ref, headSha: Sha.make(pull.headSha) }, { bot: Login.make("nominalbot") })
    yield* Effect.gen(function*() {
      const { offer, settle, take } = yield* JobQueue
      yield* offer(job)
      assert.deepStrictEqual(yield* found, [])
      const failure = Failure.cases.Unsigned.make({ detail: "no server has signed it" })
      yield* settle(Option.getOrThrow(yield* take(job.lane)), Settlement.cases.Park.make({ failure }))
      assert.deepStrictEqual(yield* found, ["head pr_opened 1"])
    }).pipe(Effect.provide(world.server()))
  }).pipe(Effect.scoped))
