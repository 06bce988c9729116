import { assert, describe, it } from "@effect/vitest"
import { PullNumber, RepoName } from "@nominal-code/domain/event/PullRequest"
import { JobId } from "@nominal-code/domain/job/Job"
import { Marker, renderMarker, type ReviewMode } from "@nominal-code/domain/review/Marker"
import { type ForgeInventory, noDeliveries } from "@nominal-code/forge/Inventory"
import { RequestBudget } from "@nominal-code/forge/RequestBudget"
import { JobQueue, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { granted } from "@nominal-code/testing/GitHubApps"
import type { RequestRecord } from "@nominal-code/testing/GitHubJournal"
import { now, type PullRequest } from "@nominal-code/testing/GitHubState"
import { Array, Duration, Effect, Option } from "effect"
import { type Changes, gitHub, gitHubOfMany, gitLab, markerOf, round, runAll } from "./ReconcileScene.ts"

/** Counts by their keys. */
const counts = (keys: ReadonlyArray<unknown>) =>
  [...Map.groupBy(keys, (key) => key).values()].map(({ length }) => length)
const onceEach = (count: number) => Array.makeBy(count, () => 1)

const asked = (requests: ReadonlyArray<RequestRecord>) =>
  requests.map(({ operation, status }) => `${operation} ${status}`)

const jobId = JobId.make("0".repeat(20))
const hourAgo = () => now() - 3_600_000
const twoDaysAgo = () => now() - 2 * 86_400_000

describe("after an outage of the server", () => {
  it.live(
    "each of 200 heads whose deliveries GitHub lost is reviewed once, and the next round is free",
    () =>
      Effect.gen(function*() {
        const world = yield* gitHubOfMany
        world.open(200, { updatedAt: hourAgo() })
        yield* Effect.gen(function*() {
          const { exhausted, missed, requests } = yield* round()
          assert.deepStrictEqual([missed.length, exhausted], [200, false])
          // Two pages and an empty third, and a query for each 10 heads.
          assert.strictEqual(requests, 23)
          yield* runAll(world)
          assert.deepStrictEqual(counts(world.state.issueComments.map(({ pull }) => pull.number)), onceEach(200))
          const before = world.requests.length
          assert.deepStrictEqual((yield* round()).missed, [])
          assert.deepStrictEqual(asked(world.requests.slice(before)), onceEach(3).map(() => "pulls/list 304"))
        }).pipe(Effect.provide(world.server()))
        // Another server, with another queue, finds the reviews on the pull requests.
        const { missed } = yield* round().pipe(Effect.provide(world.server()))
        assert.deepStrictEqual(missed, [])
        assert.deepStrictEqual(world.violations, [])
      }).pipe(Effect.scoped)
  )

  it.live(
    "each of the heads whose deliveries GitLab lost is reviewed once, for one request each",
    () =>
      Effect.gen(function*() {
        const world = yield* gitLab
        world.open(200)
        yield* Effect.gen(function*() {
          const { exhausted, missed, requests } = yield* round()
          assert.deepStrictEqual([missed.length, exhausted, requests], [200, false, 202])
          yield* runAll(world)
          const reviews = world.state.notes.map(({ discussion }) => discussion.request.iid)
          assert.deepStrictEqual(counts(reviews), onceEach(200))
          assert.deepStrictEqual((yield* round()).missed, [])
        }).pipe(Effect.provide(world.server()))
        const { missed } = yield* round().pipe(Effect.provide(world.server()))
        assert.deepStrictEqual(missed, [])
        assert.deepStrictEqual(world.violations, [])
      }).pipe(Effect.scoped)
  )

  it.live("an App is told of each delivery that GitHub could not deliver, comments too, and takes each once", () =>
    Effect.gen(function*() {
      const world = yield* gitHub
      const server = world.install()
      const [asking] = world.open(1, { createdAt: twoDaysAgo(), updatedAt: twoDaysAgo() })
      const pulls = world.open(3)
      if (asking === undefined) return assert.fail("no pull request")
      world.lose({
        event: "issue_comment",
        action: "created",
        comment: yield* world.comment(asking, "mara", "@nominalbot explain this")
      })
      world.lose({
        event: "issue_comment",
        action: "created",
        comment: yield* world.comment(asking, "mallory", "@nominalbot explain this")
      })
      for (const pull of pulls) world.lose({ event: "pull_request", action: "opened", pull })
      world.lose({ event: "pull_request", action: "closed", pull: asking })
      yield* Effect.gen(function*() {
        const { missed, requests } = yield* round()
        assert.deepStrictEqual(
          missed.map(({ event, from }) => `${from} ${event.kind} ${event.pullRequest.number} ${event.installationId}`),
          [
            "delivery issue_comment 1 67890",
            "delivery pr_opened 2 67890",
            "delivery pr_opened 3 67890",
            "delivery pr_opened 4 67890"
          ]
        )
        // The list, five deliveries, installations, a token, its repositories, the pull requests, and comments on them.
        assert.strictEqual(requests, 11)
        for (const pull of pulls) Object.assign(pull, { updatedAt: hourAgo() })
        yield* round()
        const before = world.requests.length
        assert.deepStrictEqual((yield* round()).missed, [])
        assert.deepStrictEqual(asked(world.requests.slice(before)), [
          "apps/list-webhook-deliveries 200",
          "apps/list-installations 200",
          "apps/list-repos-accessible-to-installation 304",
          "pulls/list 304"
        ])
        const kinds = (yield* JobRecords.use(({ list }) => list({ limit: 10 }))).map(({ kind }) => kind)
        assert.deepStrictEqual(counts(kinds), [3, 1])
      }).pipe(Effect.provide(server))
      assert.deepStrictEqual(world.violations, [])
    }).pipe(Effect.scoped))

  it.live("requests are bounded, and what is left is looked at in the next rounds", () =>
    Effect.gen(function*() {
      const world = yield* gitLab
      world.open(10)
      yield* Effect.gen(function*() {
        const before = world.requests.length
        const first = yield* round()
        assert.deepStrictEqual([first.missed.length, first.requests, first.exhausted], [5, 6, true])
        assert.lengthOf(asked(world.requests.slice(before)), 6)
        const second = yield* round()
        assert.deepStrictEqual([second.missed.length, second.exhausted], [5, false])
      }).pipe(Effect.provide(world.server({ maxRequests: 6 })))
    }).pipe(Effect.scoped))

  it.live("a list of failed deliveries that is too long for a round is gone through in parts, and heads do not wait", () =>
    Effect.gen(function*() {
      const world = yield* gitHubOfMany
      const server = world.install(granted, { maxRequests: 20 })
      const [asking] = world.open(1, { createdAt: twoDaysAgo(), updatedAt: twoDaysAgo() })
      const [pull] = world.open(1)
      if (asking === undefined || pull === undefined) return assert.fail("no pull request")
      world.lose({
        event: "issue_comment",
        action: "created",
        comment: yield* world.comment(asking, "mara", "@nominalbot explain this")
      })
      // Of no event that may start anything: each takes its place in the list, and no request of its own.
      world.lose({ event: "pull_request", action: "closed", pull })
      const { lostDeliveries } = world.state
      for (const lost of lostDeliveries) Object.assign(lost, { deliveredAt: hourAgo() })
      const [last] = lostDeliveries.slice(-1)
      if (last === undefined) return assert.fail("no delivery")
      lostDeliveries.push(
        ...Array.makeBy(2_999, (index) => ({ ...last, id: last.id + index + 1, guid: `closed ${index}` }))
      )
      yield* Effect.gen(function*() {
        const rounds = yield* Effect.replicateEffect(round(), 4)
        assert.deepStrictEqual(
          rounds.map(({ exhausted, missed }) => [exhausted, missed.map(({ event }) => event.kind)]),
          [[true, ["pr_opened"]], [true, []], [false, ["issue_comment"]], [false, []]]
        )
        assert.isTrue(rounds.every(({ requests }) => requests <= 20))
        const pages = world.requests.filter(({ operation }) => operation === "apps/list-webhook-deliveries").length
        // Thirty-one, some again that a round had listed when it ended, and one of the last round.
        assert.isBelow(pages, 31 + 2 * 2 + 2)
      }).pipe(Effect.provide(server))
    }).pipe(Effect.scoped))

  it.live("a forge that uses up the requests of a round has the next one begin with the other forge", () =>
    Effect.gen(function*() {
      const world = yield* gitLab
      world.open(3)
      const first: ForgeInventory = {
        platform: "github",
        ahead: () => 0,
        looksAtOnce: 1,
        repositories: () => Effect.succeed([{ repo: RepoName.make("acme/large") }]),
        failedDeliveries: () => Effect.succeed(noDeliveries),
        delivery: () => Effect.never,
        openPullRequests: () => Effect.forever(Effect.flatten(RequestBudget)),
        look: () => Effect.never
      }
      yield* Effect.gen(function*() {
        const rounds = yield* Effect.replicateEffect(round(), 2)
        assert.deepStrictEqual(rounds.map(({ exhausted, missed }) => [exhausted, missed.length]), [[true, 0], [
          true,
          3
        ]])
      }).pipe(Effect.provide(world.server({ first, maxRequests: 10 })))
    }).pipe(Effect.scoped))

  it.live("a search that only reports queues nothing, and says what a real one would queue", () =>
    Effect.gen(function*() {
      const world = yield* gitHub
      const server = world.install()
      const [pull] = world.open(2)
      if (pull === undefined) return assert.fail("no pull request")
      world.lose({ event: "pull_request", action: "opened", pull })
      yield* Effect.gen(function*() {
        const { missed } = yield* round("report")
        assert.deepStrictEqual(missed.map(({ event, from }) => `${from} ${event.pullRequest.number}`), [
          "delivery 1",
          "head 2"
        ])
        assert.deepStrictEqual(yield* JobRecords.use(({ list }) => list({ limit: 10 })), [])
      }).pipe(Effect.provide(server))
    }).pipe(Effect.scoped))
})

type GitHubWorld = Effect.Success<typeof gitHub>
type PrepareForge = (world: GitHubWorld, pull: PullRequest) => Effect.Effect<unknown, unknown>

const other = markerOf("a".repeat(40))
const says = (bodyFor: (pull: PullRequest) => string, author = "nominalbot"): PrepareForge => (world, pull) =>
  world.comment(pull, author, bodyFor(pull))
const inMode = (mode: ReviewMode) => says(() => `Done.\n\n${renderMarker(new Marker({ jobId, mode }))}`)
const changes = (change: (world: GitHubWorld) => Partial<PullRequest>): PrepareForge => (world, pull) =>
  Effect.sync(() => Object.assign(pull, change(world)))

const checked = (state: string): PrepareForge => ({ account, state: { statuses } }, { headSha, repository }) =>
  Effect.sync(() =>
    statuses.push({
      id: statuses.length,
      repository,
      sha: headSha,
      author: account("nominalbot"),
      context: "Nominal Code",
      state,
      description: "Not reviewed: the diff is empty",
      targetUrl: undefined,
      createdAt: now()
    })
  )

const cases: ReadonlyArray<
  readonly [what: string, prepare: PrepareForge, expected: "pr_opened" | "pr_push" | "nothing"]
> = [
  ["nobody has looked at it", () => Effect.void, "pr_opened"],
  ["an earlier head was reviewed", says(() => `Looked at.\n\n${other}`), "pr_push"],
  ["the head has a review", says(({ headSha }) => `Looked at.\n\n${markerOf(headSha)}`), "nothing"],
  ["somebody else has copied a review", says(({ headSha }) => markerOf(headSha), "mallory"), "pr_opened"],
  ["its reviews are paused", inMode("paused"), "nothing"],
  ["its reviews are ignored", inMode("ignored"), "nothing"],
  ["its reviews were resumed", inMode("active"), "pr_opened"],
  ["its check says why it has none", checked("success"), "nothing"],
  ["its check only waits", checked("pending"), "pr_opened"],
  ["it is a draft", changes(() => ({ draft: true })), "nothing"],
  ["the policy excludes its title", changes(() => ({ title: "[skip] Add refunds" })), "nothing"],
  ["the bot itself opened it", changes(({ account }) => ({ author: account("nominalbot") })), "nothing"],
  ["it did not change within the window", changes(() => ({ createdAt: 0, updatedAt: twoDaysAgo() })), "nothing"],
  ["it was opened before the window, and pushed to within it", changes(() => ({ createdAt: twoDaysAgo() })), "pr_push"],
  [
    "it was commented on within the window, and neither opened nor pushed to",
    changes(() => ({ createdAt: twoDaysAgo(), pushedAt: twoDaysAgo() })),
    "nothing"
  ]
]

describe("an open pull request", () => {
  it.live("is reviewed where its head has neither a review nor a reason, and as what its deliveries told", () =>
    Effect.gen(function*() {
      const world = yield* gitHub
      for (const [pull, [, prepare]] of Array.zip(world.open(cases.length), cases)) yield* prepare(world, pull)
      const { missed } = yield* round().pipe(Effect.provide(world.server()))
      const kinds = new Map(missed.map(({ event }) => [event.pullRequest.number, event.kind]))
      assert.deepStrictEqual(
        cases.map(([what], index) => [what, kinds.get(PullNumber.make(index + 1)) ?? "nothing"]),
        cases.map(([what, , expected]) => [what, expected])
      )
      assert.deepStrictEqual(world.violations, [])
    }).pipe(Effect.scoped))

  it.live("is left alone where its event is no trigger, and where its repository is not allowed", () =>
    Effect.gen(function*() {
      const world = yield* gitHub
      const [pull] = world.open(1)
      if (pull === undefined) return assert.fail("no pull request")
      const found = (policy: Changes["policy"]) =>
        Effect.map(Effect.provide(round(), world.server({ policy: policy ?? {} })), ({ missed }) => missed)
      assert.deepStrictEqual(yield* found({ allowedRepos: ["acme/other"] }), [])
      assert.deepStrictEqual(yield* found({ triggers: ["pr_push"] }), [])
      yield* says(() => other)(world, pull)
      assert.deepStrictEqual(yield* found({ triggers: ["pr_opened"] }), [])
    }).pipe(Effect.scoped))

  it.live("whose job was cancelled stays unreviewed, and one that was found once is not offered again", () =>
    Effect.gen(function*() {
      const world = yield* gitHub
      const [pull] = world.open(1)
      yield* Effect.gen(function*() {
        yield* round()
        const { settle, take } = yield* JobQueue
        const { cancel } = yield* QueueAdmin
        const [job] = yield* JobRecords.use(({ list }) => list({ limit: 1 }))
        if (job === undefined) return assert.fail("no job")
        yield* cancel(job.id)
        Object.assign(pull ?? {}, { updatedAt: now() + 1_000 })
        assert.deepStrictEqual((yield* round()).missed, [])
        yield* QueueAdmin.use(({ retry }) => retry(job.id))
        yield* settle(
          Option.getOrThrow(yield* take(job.lane)),
          Settlement.cases.Done.make({
            outcome: { _tag: "Skipped", reason: "nothing-to-review", detail: "the diff is empty" }
          })
        )
        Object.assign(pull ?? {}, { updatedAt: now() + 2_000 })
        assert.deepStrictEqual((yield* round()).missed, [])
      }).pipe(Effect.provide(world.server()))
    }).pipe(Effect.scoped))

  it.live("of an installation without the permission to read checks is reviewed", () =>
    Effect.gen(function*() {
      const world = yield* gitHub
      world.open(1)
      const { checks: _, ...permissions } = granted
      const { missed } = yield* round().pipe(Effect.provide(world.install(permissions)))
      assert.strictEqual(missed.length, 1)
    }).pipe(Effect.scoped))
})

describe("an open merge request", () => {
  it.live("is found by its notes, its status and its versions", () =>
    Effect.gen(function*() {
      const world = yield* gitLab
      const [reviewedBefore, told, , old, pushed] = world.open(5)
      if (!reviewedBefore || !told || !old || !pushed) return assert.fail("no merge requests")
      yield* world.comment(reviewedBefore, "nominalbot", other)
      world.state.statuses.push({
        id: 1,
        project: told.project,
        sha: told.versions[0]?.head ?? "",
        name: "Nominal Code",
        author: world.account("nominalbot"),
        state: "success",
        description: "Not reviewed: a draft",
        targetUrl: undefined,
        createdAt: now(),
        finishedAt: now()
      })
      const before = twoDaysAgo()
      for (const one of [old, pushed]) Object.assign(one, { createdAt: before })
      old.versions.push(...old.versions.splice(0).map((version) => ({ ...version, madeAt: before })))
      const { missed } = yield* round().pipe(Effect.provide(world.server({ window: Duration.days(1) })))
      assert.deepStrictEqual(missed.map(({ event }) => `${event.kind} ${event.pullRequest.number}`).toSorted(), [
        "pr_opened 3",
        "pr_push 1",
        "pr_push 5"
      ])
      // By it, the author's role is looked up.
      const authors = new Set(missed.map(({ event }) => event.authorId))
      assert.deepStrictEqual([...authors], [world.account("mara").id])
    }).pipe(Effect.scoped))
})
