import { assert, describe, it } from "@effect/vitest"
import { Login, RepoPath } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { JobId } from "@nominal-code/domain/job/Job"
import { RunNotWanted, RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Marker, markersIn, renderMarker } from "@nominal-code/domain/review/Marker"
import { MarkerKeys } from "@nominal-code/domain/review/MarkerSeal"
import { type InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { ninthUsually } from "@nominal-code/testing/Sized"
import { Clock, Effect, Option, Redacted, Result, type Scope, Struct } from "effect"
import { Forge } from "../src/Forge.ts"
import { ForgeError } from "../src/ForgeError.ts"
import { comment, draft, instantClock, jobId, opened, publishing } from "./FakeGitHub.ts"
import { forgeOf, type PlacedComment, type Scene } from "./ForgeScene.ts"
import { makeRace, momentsOf, pairsOf } from "./TwoServers.ts"

const path = (name: string) => ({ path: RepoPath.make(`src/${name}.ts`) })

/** Comments on every kind of line. */
const everywhere = [
  comment(10),
  comment(30, { side: "LEFT" }),
  comment(12),
  comment(5, path("moved")),
  comment(3, { ...path("new"), startLine: 1, suggestion: "one line" }),
  comment(31, { startLine: 29 }),
  comment(2, { ...path("gone"), side: "LEFT" })
]

const places = (comments: ReadonlyArray<InlineComment>): ReadonlyArray<Omit<PlacedComment, "body">> =>
  comments.map(({ finding: { line, path, side, startLine } }) => ({
    path,
    side,
    line,
    ...(startLine === undefined ? {} : { startLine })
  }))

const placed = (inline: ReadonlyArray<PlacedComment>) => inline.map(Struct.omit(["body"]))

const linesOf = (comments: ReadonlyArray<InlineComment>) => comments.map(({ finding: { line } }) => line)

const summaryOf = (comments: ReadonlyArray<InlineComment>) => `Findings at: ${linesOf(comments).join(", ")}.`

const reviewOf = ({ head, ref }: Scene, comments: ReadonlyArray<InlineComment>): ReviewDraft =>
  draft(comments, {
    pullRequest: ref,
    headSha: head,
    summary: summaryOf(comments),
    event: { ...opened, pullRequest: ref, headSha: head }
  })

const publish = (scene: Scene, comments: ReadonlyArray<InlineComment>) => publishing(reviewOf(scene, comments))

/** Runs against the scene's forge, with pauses that take no time. */
const on = Effect.fnUntraced(function*<A, E>(scene: Scene, run: Effect.Effect<A, E, Forge>) {
  const { instant } = yield* instantClock
  return yield* run.pipe(Effect.provide(forgeOf(scene)), Effect.provideService(Clock.Clock, instant))
})

const eventOf = (scene: Scene, said: Effect.Success<ReturnType<Scene["comment"]>>) =>
  PullRequestEvent.cases.Comment.make({
    ...said,
    pullRequest: scene.ref,
    title: "A change",
    author: Login.make("mara"),
    authorIsBot: false,
    body: "@nominal-bot why?"
  })

const reply = (event: PullRequestEvent, body: string) =>
  Forge.use((forge) =>
    Effect.flatMap(forge.ownPosts(event.pullRequest, jobId), (known) => forge.reply(event, jobId, body, known))
  )

/** One review stands, whole: the summary and the findings of the same run. */
const assertOne = (scene: Scene, reviews: ReadonlyArray<ReadonlyArray<InlineComment>>, where: string): void => {
  const { inline, pending, summaries: [summary = "", ...more] } = scene.ownPosts()
  assert.deepStrictEqual([more, pending], [[], 0], where)
  const standing = { lines: inline.map(({ line }) => line).toSorted(), summary: summary.split("\n", 1)[0] }
  assert.deepInclude(reviews.map((review) => ({ lines: linesOf(review), summary: summaryOf(review) })), standing, where)
}

/** Requests that change something, in their order and each once. */
const writes = ({ requests }: Scene) => [
  ...new Map(
    requests.filter(({ kind, method }) => kind === "rest" && method !== "GET").map((request) =>
      [`${request.method} ${request.operation}`, request] as const
    )
  ).values()
]

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const interruptions = [
  { _tag: "Drop" },
  { _tag: "CommitThenDrop" },
  { _tag: "CommitThenAnswer", status: 502 },
  { _tag: "Answer", status: 503 },
  { _tag: "Answer", status: 429, headers: { "retry-after": "3" } }
] as const

/** The behaviour that forges share, over HTTP against an emulated one. */
export const forgeSuite = (name: string, makeScene: Effect.Effect<Scene, unknown, Scope.Scope>, hasDrafts = true) => {
  describe(`${name}: a review`, () => {
    it.effect("has its comments on added, deleted and unchanged lines, in renamed files and on ranges", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const posted = yield* on(scene, publish(scene, everywhere))
        assert.deepStrictEqual([posted.inline, posted.folded, posted.alreadyPosted], [everywhere.length, 0, false])
        const { inline, pending, summaries } = scene.ownPosts()
        assert.sameDeepMembers(placed(inline), [...places(everywhere)])
        assert.deepStrictEqual([summaries.length, pending, scene.violations], [1, 0, []])
        assert.isTrue(yield* Effect.map(on(scene, publish(scene, everywhere)), ({ alreadyPosted }) => alreadyPosted))
        assert.strictEqual(scene.ownPosts().inline.length, everywhere.length)
      }))

    it.effect("tells in its summary what the forge takes no comment for", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const posted = yield* on(scene, publish(scene, [comment(10), comment(20), comment(12)]))
        assert.deepStrictEqual([posted.inline, posted.folded], [2, 1])
        const { inline, pending, summaries: [summary, ...more] } = scene.ownPosts()
        assert.sameDeepMembers(placed(inline), [...places([comment(10), comment(12)])])
        assert.include(summary, "finding at 20")
        assert.deepStrictEqual([more, pending], [[], 0])
      }))

    it.effect("all of whose places are refused is one post", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const posted = yield* on(scene, publish(scene, [comment(20), comment(21)]))
        assert.deepStrictEqual([posted.inline, posted.folded], [0, 2])
        const { inline, pending, summaries } = scene.ownPosts()
        assert.deepStrictEqual([inline, summaries.length, pending], [[], 1, 0])
      }))

    it.effect("brings no marker but our own, whatever its texts and its paths hold", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const forged = renderMarker(new Marker({ jobId, fingerprint: Fingerprint.make("f".repeat(16)) }))
        const hostile = [
          comment(10, { body: `Wrong.\n\n${forged}` }),
          comment(20, { body: `Wrong.\n\n${forged}` }),
          comment(21, { path: RepoPath.make(`src/${forged}`) })
        ]
        const draft = reviewOf(scene, hostile)
        const known = [comment(40)]
        yield* on(
          scene,
          publishing(
            new ReviewDraft({
              ...draft,
              summary: `${draft.summary}\n\n${forged}`,
              folded: known.map(({ fingerprint }) => fingerprint)
            })
          )
        )
        const { discussions } = yield* on(scene, Forge.use((forge) => forge.look(scene.ref, jobId)))
        const found = discussions.flatMap(({ body }) => markersIn(body).flatMap(({ fingerprint }) => fingerprint ?? []))
        assert.sameMembers(found, [...hostile, ...known].map(({ fingerprint }) => fingerprint))
        const raw = [...scene.ownPosts().summaries, ...scene.ownPosts().inline.map(({ body }) => body)]
        assert.isTrue(raw.every((body) => body.includes("<!-- nominal-code-seal ")))
      }).pipe(Effect.provideService(MarkerKeys, [Redacted.make("a key")])))

    it.effect("is a head that was reviewed", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        yield* on(scene, publish(scene, [comment(10)]))
        const { reviewedHeads } = yield* on(scene, Forge.use((forge) => forge.ownPosts(scene.ref, jobId)))
        assert.deepStrictEqual(reviewedHeads.map(({ headSha, jobId }) => [headSha, jobId]), [[scene.head, jobId]])
      }))

    it.effect("stands once and whole, whatever interrupts one of its requests", () =>
      Effect.gen(function*() {
        const comments = [comment(10), comment(20), comment(12)]
        const first = yield* makeScene
        yield* on(first, publish(first, comments))
        for (const request of writes(first)) {
          for (const fault of interruptions) {
            const scene = yield* makeScene
            const pattern = escaped(request.path).replaceAll(/\\?\d{3,}/g, String.raw`\d+`)
            scene.faults.next({ method: request.method, path: new RegExp(`^${pattern}$`) }, fault)
            yield* on(scene, publish(scene, comments))
            const { inline, pending, summaries } = scene.ownPosts()
            const where = `${fault._tag} of ${request.method} ${request.operation}`
            assert.sameDeepMembers(placed(inline), [...places([comment(10), comment(12)])], where)
            assert.deepStrictEqual([summaries.length, pending], [1, 0], where)
          }
        }
      }))

    it.effect("is not posted by a run that the queue does not want, and no draft is left", () =>
      Effect.gen(function*() {
        const first = yield* makeScene
        yield* on(first, publish(first, [comment(10), comment(12)]))
        const asked = writes(first).length
        for (let wanted = 0; wanted < asked; wanted++) {
          const scene = yield* makeScene
          let left = wanted
          const run = Effect.provideService(
            Effect.flip(publish(scene, [comment(10), comment(12)])),
            RunStillWanted,
            Effect.sync(() => left-- > 0)
          )
          assert.instanceOf(yield* on(scene, run), RunNotWanted)
          const { pending, ...standing } = scene.ownPosts()
          assert.deepStrictEqual(standing, { summaries: [], inline: [] })
          assert.strictEqual(pending, 0)
        }
      }))

    it.effect("on a locked pull request is refused for that", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        scene.lock()
        const error = yield* on(scene, Effect.flip(publish(scene, [comment(10)])))
        assert.deepInclude(error instanceof ForgeError ? error.reason : error, { _tag: "Refused", because: "locked" })
      }))
  })

  describe(`${name}: two servers that run one job`, () => {
    for (
      const [title, one, other] of [
        ["one of two reviews whose findings differ", [comment(10), comment(12)], [comment(12), comment(13)]],
        ["one plain review", [], []]
      ] as const
    ) {
      it.effect(`post ${title}, at pairs of steps at which they stand still`, () =>
        Effect.gen(function*() {
          const scene = yield* makeScene
          const race = yield* makeRace(scene.arena)
          const pairs = pairsOf(momentsOf(...scene.arena.steps))
          for (const [stop, next] of yield* ninthUsually(pairs)) {
            yield* scene.clear
            const isFair = yield* Effect.scoped(Effect.gen(function*() {
              const { first, goOn, second, takeOver } = yield* race(
                Effect.asVoid(publish(scene, one)),
                Effect.asVoid(publish(scene, other))
              )
              yield* goOn("first", stop)
              yield* takeOver
              yield* goOn("second", next)
              yield* goOn("first")
              yield* goOn("second")
              const [lost, held] = [yield* first, yield* second]
              return Result.isSuccess(held) && (Result.isSuccess(lost) || lost.failure instanceof RunNotWanted)
            }))
            const where = `first ${stop.when} ${stop.operation}, second ${next.when} ${next.operation}`
            assert.isTrue(isFair, where)
            assertOne(scene, [one, other], where)
          }
        }))
    }

    if (!hasDrafts) return // What a dead server sent stays there, if it arrives after all is over.
    it.effect("post one review when the first dies at a step, and what it sent arrives at a step of the second", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const race = yield* makeRace(scene.arena)
        const [one, other] = [[comment(10), comment(12)], [comment(12), comment(13)]]
        const pairs = pairsOf(momentsOf(...scene.arena.steps))
        for (const [stop, next] of yield* ninthUsually(pairs)) {
          yield* scene.clear
          yield* Effect.scoped(Effect.gen(function*() {
            const { arrive, goOn, kill, second, takeOver } = yield* race(
              Effect.asVoid(publish(scene, one)),
              Effect.asVoid(publish(scene, other))
            )
            yield* goOn("first", stop)
            yield* kill
            yield* takeOver
            yield* goOn("second", next)
            yield* arrive
            yield* goOn("second")
            assert.isTrue(Result.isSuccess(yield* second))
          }))
          // A draft that arrives after all is over is nobody's but ours, and gone with the next look.
          scene.arena.pauses.at(() => Effect.void)
          yield* on(scene, Forge.use((forge) => forge.ownPosts(scene.ref, jobId)))
          assertOne(scene, [one, other], `first ${stop.when} ${stop.operation}, second ${next.when} ${next.operation}`)
        }
      }))
  })

  describe(`${name}: an answer`, () => {
    it.effect("is posted once for each job, below the pull request or in the thread that asked", () =>
      Effect.gen(function*() {
        for (const say of ["comment", "onDiff"] as const) {
          const scene = yield* makeScene
          const event = eventOf(scene, yield* scene[say]("@nominal-bot why?"))
          yield* on(scene, reply(event, "Because."))
          yield* on(scene, reply(event, "Because of that."))
          const { discussions } = yield* on(scene, Forge.use((forge) => forge.look(scene.ref, jobId)))
          assert.sameMembers(discussions.map(({ body }) => body.split("\n")[0]), ["@nominal-bot why?", "Because."])
          assert.deepStrictEqual(new Set(discussions.map(({ path }) => path)).size, 1)
        }
      }))

    it.effect("to a command sets the mode of the reviews, and the newest one holds, whatever others quote", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const modeNow = Effect.map(
          on(scene, Forge.use((forge) => forge.ownPosts(scene.ref, jobId))),
          ({ mode }) => mode
        )
        assert.strictEqual(yield* modeNow, "active")
        for (const [digit, mode] of [["1", "paused"], ["2", "ignored"], ["3", "active"], ["4", "paused"]] as const) {
          const job = JobId.make(digit.repeat(20))
          const event = eventOf(scene, yield* scene.comment(`@nominal-bot ${mode}`))
          const known = yield* on(scene, Forge.use((forge) => forge.ownPosts(scene.ref, job)))
          yield* on(scene, Forge.use((forge) => forge.reply(event, job, "Done.", known, { mode })))
          assert.strictEqual(yield* modeNow, mode)
        }
        yield* scene.comment(renderMarker(new Marker({ jobId, mode: "active" })))
        assert.strictEqual(yield* modeNow, "paused")
      }))

    it.effect("resolves a thread, and nothing where there is none", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const { threadId = "" } = yield* scene.onDiff("This is wrong.")
        const { threadId: below = "none" } = yield* scene.comment("So is this.")
        const resolve = (id: string) =>
          on(scene, Forge.use((forge) => forge.resolveThread({ pullRequest: scene.ref, threadId: id })))
        const threads = Effect.map(
          on(scene, Forge.use((forge) => forge.look(scene.ref, jobId))),
          ({ discussions: all }) => all.map(({ body, resolved, threadId }) => [body, resolved, threadId !== undefined])
        )
        yield* resolve(below)
        assert.sameDeepMembers(yield* threads, [["This is wrong.", false, true], [
          "So is this.",
          false,
          scene.ref.platform === "gitlab"
        ]])
        for (const id of [threadId, threadId]) yield* resolve(id)
        assert.includeDeepMembers(yield* threads, [["This is wrong.", true, true]])
        assert.deepStrictEqual(scene.violations, [])
      }))

    it.effect("is not posted below the job's review", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const event = eventOf(scene, yield* scene.comment("@nominal-bot why?"))
        yield* on(scene, publish(scene, [comment(10)]))
        assert.isTrue(Option.isSome(yield* on(scene, reply(event, "Because."))))
        assert.strictEqual(scene.ownPosts().summaries.length, 1)
      }))

    it.effect("is preceded by an emoji, which is given once", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        const events = [
          reviewOf(scene, []).event,
          eventOf(scene, yield* scene.comment("@nominal-bot why?")),
          eventOf(scene, yield* scene.onDiff("@nominal-bot why?"))
        ]
        for (const event of [...events, ...events]) {
          yield* on(scene, Forge.use((forge) => forge.acknowledge(event)))
        }
        assert.strictEqual(scene.eyes(), 3)
      }))
  })

  describe(`${name}: what is read`, () => {
    it.effect("is the pull request, its changed files and its comments, those of the diff with their state", () =>
      Effect.gen(function*() {
        const scene = yield* makeScene
        yield* scene.comment("Nice.")
        yield* scene.onDiff("Is that so?")
        scene.label("nominal:ignore")
        scene.resolve()
        const [pull, files, { discussions, pullRequest: seen }] = yield* on(
          scene,
          Forge.use(({ changedFiles, look, pullRequest }) =>
            Effect.all([pullRequest(scene.ref), changedFiles(scene.ref), look(scene.ref, jobId)])
          )
        )
        assert.deepStrictEqual([pull.headSha, pull.state, pull.labels], [scene.head, "open", ["nominal:ignore"]])
        // Of GitHub's two reads, one alone tells the last commit of the base branch.
        assert.deepStrictEqual(Struct.omit(seen, ["baseTip"]), Struct.omit(pull, ["baseTip"]))
        assert.deepStrictEqual(
          files.map(({ path, previousPath, status }) => [path, previousPath, status]).toSorted(),
          [
            ["src/cart.ts", undefined, "modified"],
            ["src/gone.ts", undefined, "removed"],
            ["src/moved.ts", "src/old.ts", "renamed"],
            ["src/new.ts", undefined, "added"]
          ]
        )
        // GitHub's timestamps are of the same second.
        assert.sameDeepMembers(
          discussions.map(({ author, body, line, path, resolved }) => [author, body, path, line, resolved]),
          [["mara", "Nice.", undefined, undefined, false], ["mara", "Is that so?", "src/cart.ts", 10, true]]
        )
        yield* on(scene, Forge.use((forge) => forge.checkAccess(scene.ref.repo)))
        assert.deepStrictEqual(scene.violations, [])
      }))
  })
}
