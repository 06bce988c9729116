import { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { Job } from "@nominal-code/domain/job/Job"
import { JobQueue, type Lease, Settlement } from "@nominal-code/jobs/JobQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { review } from "@nominal-code/review/Review"
import { laneOf, lifecycle } from "@nominal-code/testing/Jobs"
import { sized } from "@nominal-code/testing/Sized"
import { Clock, Config, Deferred, Effect, Exit, Fiber, Option, Random } from "effect"
import * as PullRequestForge from "./PullRequestForge.ts"
import { stories, type Story } from "./Stories.ts"

/** One pull request from its first delivery to the end of its last job; what is wrong about its reviews. */
const tell = Effect.fnUntraced(function*(story: Story, number: number, clock: Clock.Clock) {
  const queue = yield* JobQueue
  const lane = laneOf(number)
  const pull = PullRequestForge.make(story, new PullRequestRef({ ...lane }))
  const delivered = new Map<number, Job>()
  let running: { readonly lease: Lease; readonly end: Effect.Effect<void, StoreError> } | undefined

  /** Begins a run, up to the model's answer if it needs one. */
  const begin = Effect.gen(function*() {
    const lease = Option.getOrUndefined(yield* queue.take(lane))
    if (lease === undefined) return false
    const asked = yield* Deferred.make<void>()
    const answer = yield* Deferred.make<void>()
    const asking = Effect.andThen(Deferred.succeed(asked, undefined), Deferred.await(answer))
    const run = yield* review(lease.job).pipe(
      Effect.provideContext(PullRequestForge.contextOf(pull, clock, asking)),
      Effect.forkChild
    )
    yield* Effect.raceFirst(Deferred.await(asked), Fiber.await(run))
    const end = Effect.gen(function*() {
      yield* pull.catchUp
      yield* Deferred.succeed(answer, undefined)
      const outcome = yield* Fiber.join(run)
      yield* queue.settle(lease, Settlement.cases.Done.make({ outcome }))
    })
    running = { lease, end }
    return true
  })
  const end = Effect.suspend(() => {
    const ending = running?.end ?? Effect.void
    running = undefined
    return ending
  })

  for (const [index, event] of story.order.entries()) {
    pull.reach(event, yield* Random.nextBoolean)
    const { head, kind } = story.happenings[event] ?? (yield* Effect.die("no such event"))
    const before = delivered.get(event)
    // The second time it is the same delivery again, or that of another hook.
    const job = before !== undefined && (yield* Random.nextBoolean)
      ? before
      : lifecycle(lane, `${number}-${index}`, kind, head)
    delivered.set(event, job)
    yield* queue.offer(job)
    // Nothing runs yet, a run begins, or what runs ends.
    const what = yield* Random.nextIntBetween(0, 3)
    if (what > 0 && running === undefined) yield* begin
    if (what === 2) yield* end
  }
  const last = story.happenings.length - 1
  pull.reach(last, false)
  do yield* end
  while (yield* begin)

  const isMissing = delivered.has(last) && !pull.isReviewed(pull.head())
  return [...pull.wrong, ...(isMissing ? [`the head ${pull.head()} has no review`] : [])]
})

/**
 * Tells stories side by side in one queue, each in a lane of its own: a sample, which differs by `name`; all of them in
 * `make test-long`.
 */
export const tellMany = (name: string) =>
  Effect.gen(function*() {
    const seed = yield* Config.Int("NOMINAL_SEED").pipe(Config.withDefault(1))
    const many = yield* sized(150, stories.length)
    const clock = yield* Clock.Clock
    const numbered = Array.from(stories.entries())
    const sample = yield* Random.shuffle(numbered).pipe(Random.withSeed(`${seed} ${name}`))
    yield* Effect.forEach(sample.slice(0, many), ([index, story]) =>
      tell(story, index + 1, clock).pipe(
        Random.withSeed(`${seed} ${index}`),
        Effect.exit,
        Effect.flatMap((exit) => {
          const wrong = Exit.isSuccess(exit) ? exit.value : [String(exit.cause)]
          return wrong.length === 0
            ? Effect.void
            : Effect.die(new Error(`seed ${seed}: ${JSON.stringify(story)}\n${wrong.join("\n")}`))
        })
      ), { concurrency: 200, discard: true })
  }).pipe(
    // Half of the time would go into spans that nobody reads.
    Effect.withTracerEnabled(false),
    Effect.provide(PullRequestForge.shared)
  )
