import { assert, it } from "@effect/vitest"
import { type Job, JobOutcome } from "@nominal-code/domain/Job"
import type { Lane } from "@nominal-code/domain/Lane"
import type { Sha } from "@nominal-code/domain/PullRequest"
import type { LifecycleKind } from "@nominal-code/domain/PullRequestEvent"
import { JobQueue, type Lease, Settlement } from "@nominal-code/jobs/JobQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, lifecycle, reviewOf, shaOf } from "@nominal-code/testing/Jobs"
import { sized } from "@nominal-code/testing/Sized"
import { Config, Effect, Layer, Option } from "effect"
import { type Chance, chanceOf } from "./Chance.ts"

/** Events of a pull request after it was opened. `back`: its branch is set back to its first commit. */
const steps = ["push", "back", "reopened", "ready"] as const
type Step = typeof steps[number]

const kinds: Record<Step, LifecycleKind> = {
  push: "pr_push",
  back: "pr_push",
  reopened: "pr_reopened",
  ready: "pr_ready_for_review"
}

/** Something that happened to the pull request, and what its webhooks say of it. */
interface Happening {
  readonly kind: LifecycleKind
  readonly head: Sha
}

/** Every history of a pull request with at most so many events. */
const histories = (longest: number): ReadonlyArray<ReadonlyArray<Step>> =>
  longest <= 1 ?
    [[]] :
    histories(longest - 1).flatMap((history) =>
      history.length < longest - 2 ? [history] : [history, ...steps.map((step) => [...history, step])]
    )

/** Every order of at most so many deliveries of these events: each comes twice, once, or not at all. */
const orders = (events: number, longest: number): ReadonlyArray<ReadonlyArray<number>> =>
  longest === 0 ? [[]] : orders(events, longest - 1).flatMap((order) => {
    if (order.length < longest - 1) return [order]
    const more = Array.from({ length: events }, (_, event) => event)
      .filter((event) => order.filter((one) => one === event).length < 2)
    return [order, ...more.map((event) => [...order, event])]
  })

/** A pull request on its forge: nothing is known of it but what a run reads. */
const forgeOf = (history: ReadonlyArray<Step>, chance: Chance) => {
  const happenings: Array<Happening> = [{ kind: "pr_opened", head: shaOf("0") }]
  history.forEach((step, index) => {
    const before = happenings[index]?.head ?? shaOf("0")
    const head = step === "push" ? shaOf(String(index + 1)) : step === "back" ? shaOf("0") : before
    happenings.push({ kind: kinds[step], head })
  })
  const reviews: Array<Sha> = []
  let happened = 0
  // Before it is reopened it was closed, and before it is ready a draft: at once, or only just before.
  const early = chance.below(2) === 0

  /** The state that the next event will end, if it has begun. */
  const state = (): "open" | "closed" | "draft" => {
    const next = happenings[happened + 1]?.kind
    if (!early) return "open"
    return next === "pr_reopened" ? "closed" : next === "pr_ready_for_review" ? "draft" : "open"
  }
  return {
    happenings,
    reviews,
    head: () => happenings[happened]?.head ?? shaOf("0"),
    /** Everything up to this event has happened. */
    reach: (event: number) => {
      happened = Math.max(happened, event)
    },
    /** The pull request as a run reads it. */
    look: () => ({ head: happenings[happened]?.head ?? shaOf("0"), state: state() }),
    /** Posts the review of what a run read; none for a commit that has one. */
    review: ({ head, state }: { readonly head: Sha; readonly state: string }): JobOutcome => {
      const skipped = (reason: "closed" | "draft" | "head-reviewed") =>
        JobOutcome.cases.Skipped.make({ reason, detail: reason, headSha: head })
      if (state === "closed" || state === "draft") return skipped(state)
      if (reviews.includes(head)) return skipped("head-reviewed")
      reviews.push(head)
      return reviewOf(head)
    }
  }
}

type Look = ReturnType<ReturnType<typeof forgeOf>["look"]>

/** One pull request from its first delivery to the end of its last job. */
const story = Effect.fnUntraced(function*(
  lane: Lane,
  history: ReadonlyArray<Step>,
  order: ReadonlyArray<number>,
  chance: Chance
) {
  const queue = yield* JobQueue
  const forge = forgeOf(history, chance)
  const delivered = new Map<number, Job>()
  let running: { readonly lease: Lease; readonly look: Look } | undefined

  const begin = Effect.gen(function*() {
    const lease = Option.getOrUndefined(yield* queue.take(lane))
    if (lease !== undefined) running = { lease, look: forge.look() }
    return running !== undefined
  })
  const end = Effect.gen(function*() {
    if (running === undefined) return
    yield* queue.settle(running.lease, Settlement.cases.Done.make({ outcome: forge.review(running.look) }))
    running = undefined
  })

  for (const [index, event] of order.entries()) {
    forge.reach(event)
    const { head, kind } = forge.happenings[event] ?? assert.fail("no such event")
    const before = delivered.get(event)
    // The second time it is the same delivery again, or that of another hook.
    const job = before !== undefined && chance.below(2) === 0
      ? before
      : lifecycle(lane, `${lane.number}-${index}`, kind, head)
    delivered.set(event, job)
    yield* queue.offer(job)
    // Nothing runs yet, a run begins, or what runs ends.
    const what = chance.below(3)
    if (what > 0 && running === undefined) yield* begin
    if (what === 2) yield* end
  }
  const last = forge.happenings.length - 1
  forge.reach(last)
  do yield* end
  while (yield* begin)

  assert.strictEqual(new Set(forge.reviews).size, forge.reviews.length, "no commit is reviewed twice")
  if (delivered.has(last)) assert.include(forge.reviews, forge.head(), "the head is reviewed")
})

/**
 * Level, not edge: whatever the order, repetition and loss of its deliveries, a pull request's head is reviewed once if
 * the delivery of what happened last is not lost. One story of `usually` is told, and every one by
 * `make test-long`.
 */
export const levelSuite = (name: string, usually: number, store: Layer.Layer<JobQueue, StoreError>) =>
  it.effect(
    `after the last delivery the head has one review, in orders of up to four deliveries (${name})`,
    () =>
      Effect.gen(function*() {
        const seed = yield* Config.Int("NOMINAL_SEED").pipe(Config.withDefault(1))
        const every = yield* sized(usually, 1)
        const told = histories(4).flatMap((history) =>
          orders(history.length + 1, 4).map((order) => ({ history, order }))
        )
        for (let index = seed % every; index < told.length; index += every) {
          const { history, order } = told[index] ?? assert.fail("no such story")
          yield* story(laneOf(index + 1), history, order, chanceOf(seed * 1_000_003 + index)).pipe(
            Effect.catchCause((cause) =>
              Effect.die(assert.fail(
                `seed ${seed}: opened, ${history.join(", ")}; delivered ${order.join(", ")}\n${String(cause)}`
              ))
            )
          )
        }
      }).pipe(Effect.provide(Layer.fresh(store))),
    1_800_000
  )
