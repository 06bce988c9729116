import type { Platform } from "@nominal-code/domain/event/PullRequest"
import { DeliveryId } from "@nominal-code/domain/job/Job"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import type { FailedDelivery, ForgeInventory } from "@nominal-code/forge/Inventory"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option } from "effect"
import { type MissedEvents, RecentKeys, type Round } from "./MissedEvents.ts"

/** Way through the list of a forge's failed deliveries, which may be too long for one round. Instants are milliseconds. */
interface Sweep {
  readonly begunAt: number
  /** Instant of the oldest delivery that the sweep before may have missed. */
  readonly from: number
  /** Place of the next page. None: the first one. */
  readonly cursor: Option.Option<string>
}

/** Time by which a sweep goes back behind the start of the last one: a delivery is listed when it has failed. */
const overlap = Duration.toMillis(Duration.minutes(15))

/** Number of deliveries that are asked for again in later rounds, because the forge failed to give them out. */
const mostPostponed = 100

/** Number of failures in a row after which the forge counts as away. */
const mostFailures = 3

const isAway = (error: ForgeError | StoreError): error is ForgeError =>
  error._tag === "ForgeError" && error.reason._tag === "Unavailable"

/** True if the forge will not give out this one, whoever asks and when. */
const isRefused = (error: ForgeError | StoreError): error is ForgeError =>
  error._tag === "ForgeError" && (error.reason._tag === "NotFound" || error.reason._tag === "Refused")

/**
 * Makes the search among failed deliveries. It lists so many pages, takes their deliveries, the oldest first, and goes on;
 * a round that is interrupted goes on with those pages.
 */
export const makeFailedDeliveries = (pagesAtOnce: number) => {
  const settled = new RecentKeys()
  const unfinished = new Map<Platform, Sweep>()
  const finishedAt = new Map<Platform, number>()
  /** Deliveries that the forge failed to give out, with the instants of that. */
  const postponed = new Map<Platform, Map<string, { readonly failed: FailedDelivery; readonly at: number }>>()
  const postponedOf = (platform: Platform) => {
    const later = postponed.get(platform) ?? new Map<string, { readonly failed: FailedDelivery; readonly at: number }>()
    postponed.set(platform, later)
    return later
  }

  const lookAt = Effect.fnUntraced(function*(inventory: ForgeInventory, failed: FailedDelivery, finds: MissedEvents) {
    const { event } = yield* inventory.delivery(failed)
    if (Option.isNone(event)) return
    const { value } = event
    const isCovered = value._tag === "Lifecycle" && value.again === undefined &&
      (yield* finds.knowsHead(value.pullRequest, value.headSha))
    if (!isCovered) yield* finds.add({ id: failed.id, event, ignored: "" }, value, "delivery")
  })

  const pagesFrom = Effect.fnUntraced(function*(inventory: ForgeInventory, since: number, from: Option.Option<string>) {
    const pages: Array<ReadonlyArray<FailedDelivery>> = []
    let cursor = from
    do {
      const { deliveries, next } = yield* inventory.failedDeliveries(since, cursor)
      pages.unshift(deliveries)
      cursor = next
    } while (Option.isSome(cursor) && pages.length < pagesAtOnce)
    return { deliveries: pages.flat(), cursor }
  })

  /** Takes deliveries. One that the forge fails to give out holds up no other one: it is asked for in the next rounds. */
  const takeAll = Effect.fnUntraced(function*(
    inventory: ForgeInventory,
    deliveries: ReadonlyArray<FailedDelivery>,
    { finds, now }: Round
  ) {
    const { platform } = inventory
    const later = postponedOf(platform)
    let failures = 0
    for (const failed of deliveries) {
      const key = `${platform}:${failed.id}`
      if (settled.has(key) || Option.isSome(yield* finds.endOf(platform, DeliveryId.make(failed.id)))) continue
      const isTaken = yield* lookAt(inventory, failed, finds).pipe(
        Effect.as(true),
        Effect.catchIf(
          isRefused,
          ({ message }) => Effect.as(Effect.logWarning(`a failed delivery is left out: ${message}`), true)
        ),
        Effect.catchIf(isAway, (error) => {
          failures += 1
          if (!later.has(failed.id) && later.size < mostPostponed) later.set(failed.id, { failed, at: now })
          return failures === mostFailures || !later.has(failed.id)
            ? Effect.fail(error)
            : Effect.as(Effect.logWarning(`a failed delivery is asked for again later: ${error.message}`), false)
        })
      )
      if (!isTaken) continue
      failures = 0
      settled.add(key)
      later.delete(failed.id)
    }
  })

  /** Deliveries that are asked for again, as long as they are within the window. */
  const again = (platform: Platform, since: number): ReadonlyArray<FailedDelivery> => {
    const later = postponedOf(platform)
    for (const [id, { at }] of later) if (at < since) later.delete(id)
    return [...later.values()].map(({ failed }) => failed)
  }

  return Effect.fnUntraced(function*(inventory: ForgeInventory, round: Round) {
    const { now, since } = round
    const { platform } = inventory
    const begin = (): Sweep => ({
      begunAt: now,
      from: (finishedAt.get(platform) ?? 0) - overlap,
      cursor: Option.none()
    })
    const before = again(platform, since)
    let sweep = unfinished.get(platform) ?? begin()
    do {
      const { cursor, deliveries } = yield* Effect.tapError(
        pagesFrom(inventory, Math.max(since, sweep.from), sweep.cursor),
        // A place in the list that the forge does not know any more. The next round begins anew.
        (error) => Effect.sync(() => isRefused(error) && unfinished.delete(platform))
      )
      yield* takeAll(inventory, deliveries.filter(({ id }) => !postponedOf(platform).has(id)), round)
      sweep = { ...sweep, cursor }
      unfinished.set(platform, sweep)
    } while (Option.isSome(sweep.cursor))
    unfinished.delete(platform)
    finishedAt.set(platform, sweep.begunAt)
    yield* takeAll(inventory, before, round)
  })
}
