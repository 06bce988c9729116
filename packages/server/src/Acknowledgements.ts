import type { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { Forges } from "@nominal-code/forge/Forges"
import { Context, Effect, Layer, Queue } from "effect"

/**
 * Reactions that acknowledge events, in the background. A slow or absent forge delays nobody: beyond `waiting` pending
 * reactions, new ones are dropped.
 */
export class Acknowledgements extends Context.Service<Acknowledgements, {
  send(event: PullRequestEvent): Effect.Effect<void>
}>()("@nominal-code/server/Acknowledgements") {}

const waiting = 1_000
const atOnce = 4

const make = Effect.gen(function*() {
  const forges = yield* Forges
  const queue = yield* Queue.dropping<PullRequestEvent>(waiting)
  const acknowledge = (event: PullRequestEvent) =>
    forges.of(event.pullRequest.platform).pipe(
      Effect.flatMap((forge) => forge.acknowledge(event)),
      Effect.catch((error) =>
        Effect.logWarning(`no reaction on ${event.pullRequest}: ${error.message}; the review goes on`)
      )
    )
  yield* Queue.take(queue).pipe(
    Effect.flatMap(acknowledge),
    Effect.forever,
    Effect.forkScoped,
    Effect.repeat({ times: atOnce - 1 })
  )
  return Acknowledgements.of({ send: (event) => Effect.asVoid(Queue.offer(queue, event)) })
})

export const layer = Layer.effect(Acknowledgements, make)
