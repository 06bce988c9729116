import { deliveryOfEvent } from "@nominal-code/domain/job/Job"
import type { FoundComment } from "@nominal-code/forge/Inventory"
import { Array, Effect, Option, Order } from "effect"
import type { Round } from "./MissedEvents.ts"

/** Maximum number of comments of one pull request that are offered, the newest ones: as many as may wait there. */
const mostComments = 20

/** Order of comments, the newest first, by their numbers within one second: a forge's instants are whole seconds. */
const newestFirst = Order.flip(Order.combine(
  Order.mapInput(Order.Number, ({ writtenAt }: FoundComment) => writtenAt),
  Order.mapInput(Order.Number, ({ event }: FoundComment) => event.commentId)
))

/** Offers the comments that nobody has answered. False if the pull request takes no more comments now. */
export const offerComments = Effect.fnUntraced(function*(comments: ReadonlyArray<FoundComment>, round: Round) {
  const { finds, since } = round
  const recent = comments.filter(({ writtenAt }) => writtenAt >= since)
  const admitted = yield* Effect.filter(recent, ({ event }) => finds.admits(event))
  for (const { event, isAnswered } of Array.sort(admitted, newestFirst).slice(0, mostComments).toReversed()) {
    // Of a refused job there is the reaction, and no answer.
    const refused = finds.refusedDelivery(event)
    if ((yield* finds.hasJob(event)) || refused === undefined && (yield* isAnswered)) continue
    const delivery = { id: refused ?? deliveryOfEvent(event), event: Option.some(event), ignored: "" }
    if (!(yield* finds.add(delivery, event, "comment"))) return false
  }
  return true
})
