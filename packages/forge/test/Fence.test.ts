import { assert, layer } from "@effect/vitest"
import { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { ReviewDraft } from "@nominal-code/domain/review/Review"
import type { Moment } from "@nominal-code/testing/GitHubPauses"
import { sized, thirdUsually } from "@nominal-code/testing/Sized"
import { Context, Effect, Layer, Result, Schema } from "effect"
import { Forge } from "../src/Forge.ts"
import { comment, draft, forgeAt, jobId, publishing, replying } from "./FakeGitHub.ts"
import { momentsOf, pairsOf, twoServers } from "./TwoServers.ts"

class World extends Context.Service<World, Effect.Success<typeof twoServers>>()("@nominal-code/forge/test/World") {}

const review = (comments: ReviewDraft["comments"]) =>
  Effect.asVoid(Effect.flatMap(
    World,
    ({ event }) => publishing(draft(comments, { event, headSha: event.headSha, pullRequest: event.pullRequest }))
  ))

const inline = review([comment(2), comment(4)])
const plain = review([])
const answer = Effect.asVoid(Effect.flatMap(World, ({ event }) => replying(event, "There is nothing to review.")))

const look = momentsOf("graphql")
const drafted = [...look, ...momentsOf("pulls/create-review", "pulls/submit-review", "pulls/delete-pending-review")]
const commented = [...look, ...momentsOf("issues/create-comment")]

const named = ({ operation, when }: Moment) => `${when} ${operation}`

/** Number of the job's posts on the pull request, by kind: inline comments and unsubmitted drafts. */
const posts = Effect.map(World, ({ emulator: { state }, pull }) => ({
  reviews: state.reviews.filter((review) => review.state !== "PENDING").length,
  comments: state.issueCommentsOf(pull).length,
  inline: state.reviewCommentsOf(pull).length,
  pending: state.reviews.filter((review) => review.state === "PENDING").length
}))

const oneReview = { reviews: 1, comments: 0, inline: 2, pending: 0 }
const oneComment = { reviews: 0, comments: 1, inline: 0, pending: 0 }

/** Whoever has the lease succeeds; whoever lost it succeeded before that, or says that it is not wanted. */
const fair = (first: Result.Result<unknown, unknown>, second: Result.Result<unknown, unknown>): boolean =>
  Result.isSuccess(second) && (Result.isSuccess(first) || first.failure instanceof RunNotWanted)

type Run<A, E> = Effect.Effect<A, E, Forge | World>

/** Effects that the first and the second server run. */
type Runs<A, E> = readonly [Run<A, E>, Run<A, E>]
type Race = Effect.Success<ReturnType<World["Service"]["race"]>>

/** A race from an empty pull request, to its end. */
const raced = Effect.fnUntraced(
  function*<A, E>([run, other]: Runs<A, E>, schedule: (race: Race) => Effect.Effect<void>) {
    const world = yield* World
    yield* world.clear
    const going = yield* world.race(
      Effect.provideService(run, World, world),
      Effect.provideService(other, World, world)
    )
    yield* schedule(going)
    yield* going.takeOver
    yield* going.goOn("first")
    yield* going.goOn("second")
    return { isFair: fair(yield* going.first, yield* going.second), posts: yield* posts }
  },
  Effect.scoped
)

/** Pairs of moments of two servers, in both orders of what comes after. */
const atPairs = <A, E>(
  runs: Runs<A, E>,
  pairs: ReadonlyArray<readonly [Moment, Moment]>,
  check: (posted: Effect.Success<typeof posts>, where: string) => void
) =>
  Effect.gen(function*() {
    const races = pairs.flatMap((pair) => (["first", "second"] as const).map((next) => [...pair, next] as const))
    for (const [one, other, next] of yield* thirdUsually(races)) {
      const result = yield* raced(runs, ({ goOn, takeOver }) =>
        goOn("first", one).pipe(
          Effect.andThen(takeOver),
          Effect.andThen(goOn("second", other)),
          Effect.andThen(goOn(next))
        ))
      const where = `first ${named(one)}, second ${named(other)}, then ${next}`
      assert.isTrue(result.isFair, where)
      check(result.posts, where)
    }
  })

const Schedule = Schema.Struct({
  /** Choices of the server that takes the next step. */
  steps: Schema.Array(Schema.Boolean).check(Schema.isMaxLength(40)),
  /** After how many of them the lease changes hands. */
  takeOver: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))
})

/** Number of the orders that are drawn. */
const runs = Effect.runSync(sized(40, 100))

const scheduled = <A, E>(runs: Runs<A, E>, { steps, takeOver }: typeof Schedule.Type) =>
  raced(runs, (race) =>
    Effect.forEach(
      steps,
      (second, index) =>
        index < takeOver
          ? race.step("first")
          : Effect.andThen(race.takeOver, race.step(second ? "second" : "first")),
      { discard: true }
    ))

const exactly = (expected: Effect.Success<typeof posts>) => (posted: typeof expected, where: string): void =>
  assert.deepStrictEqual(posted, expected, where)

/** One review or one comment stands, and no draft. */
const onlyOne = ({ comments, pending, reviews }: Effect.Success<typeof posts>, where: string): void =>
  assert.deepStrictEqual([reviews + comments, pending], [1, 0], where)

/** Two runs of one job that come to different ends, and their moments. */
const mixed = [
  ["a plain review, then one with comments", [plain, inline], commented, drafted],
  ["a review with comments, then a plain one", [inline, plain], drafted, commented],
  ["an answer, then a review with comments", [answer, inline], commented, drafted],
  ["a review with comments, then an answer", [inline, answer], drafted, commented],
  ["an answer, then a plain review", [answer, plain], commented, commented],
  ["a plain review, then an answer", [plain, answer], commented, commented]
] as const

layer(Layer.effect(World, twoServers))("two servers that run one job", (it) => {
  it.effect("post one review, at pairs of steps at which they stand still", () =>
    atPairs([inline, inline], pairsOf(drafted), exactly(oneReview)))

  it.effect("post one plain comment, at pairs of steps", () =>
    atPairs([plain, plain], pairsOf(commented), exactly(oneComment)))

  it.effect("post one answer, at pairs of steps", () =>
    atPairs([answer, answer], pairsOf(commented), exactly(oneComment)))

  for (const [title, runs, moments, others] of mixed) {
    it.effect(`post one of the two, at pairs of steps: ${title}`, () =>
      atPairs(runs, pairsOf(moments, others), onlyOne))
  }

  it.effect.prop(
    "post one review, whatever the order of their steps",
    [Schedule],
    ([schedule]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* scheduled([inline, inline], schedule), { isFair: true, posts: oneReview })
      }),
    { arbitrary: { runs } }
  )

  it.effect.prop(
    "post one plain comment, whatever the order of their steps",
    [Schedule],
    ([schedule]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* scheduled([plain, plain], schedule), { isFair: true, posts: oneComment })
      }),
    { arbitrary: { runs } }
  )

  it.effect("post one review when the first dies at a step, and what it sent arrives at a step of the second", () =>
    Effect.gen(function*() {
      const world = yield* World
      const { clear, emulator, event, race } = world
      for (const [one, other] of yield* thirdUsually(pairsOf(drafted))) {
        yield* clear
        yield* Effect.scoped(Effect.gen(function*() {
          const { arrive, goOn, kill, second, takeOver } = yield* race(Effect.provideService(inline, World, world))
          yield* goOn("first", one)
          yield* kill
          yield* takeOver
          yield* goOn("second", other)
          yield* arrive
          yield* goOn("second")
          assert.isTrue(Result.isSuccess(yield* second))
        }))
        const { pending, ...posted } = yield* posts
        assert.deepStrictEqual(posted, { reviews: 1, comments: 0, inline: 2 }, `${named(one)}, ${named(other)}`)
        // A draft that arrives after all is over is nobody's but ours, and gone with the next look.
        if (pending > 0) {
          const next = Forge.use((forge) => forge.ownPosts(event.pullRequest, jobId))
          emulator.pauses.at(() => Effect.void)
          yield* Effect.provide(next, forgeAt(emulator.apiBase, { token: emulator.account("nominal-bot").token }))
        }
        assert.strictEqual((yield* posts).pending, 0)
      }
    }))

  it.effect("ask GitHub for nothing that it does not have", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* World).emulator.violations, [])
    }))
})
