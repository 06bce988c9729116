import { DeliveryId } from "@nominal-code/domain/Job"
import type { Platform } from "@nominal-code/domain/PullRequest"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import type { FailedDelivery, ForgeInventory } from "@nominal-code/forge/Inventory"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option } from "effect"
import { type Finds, Remembered, type Round } from "./Finds.ts"

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

/** True if the forge will not give out this one, whoever asks and when. */
const isRefused = (error: ForgeError | StoreError): error is ForgeError =>
  error._tag === "ForgeError" && (error.reason._tag === "NotFound" || error.reason._tag === "Refused")

/**
 * Makes the search among failed deliveries. It lists so many pages, takes their deliveries, the oldest first, and goes on;
 * a round that is interrupted goes on with those pages.
 */
export const makeFailedDeliveries = (pagesAtOnce: number) => {
  const settled = new Remembered()
  const unfinished = new Map<Platform, Sweep>()
  const finishedAt = new Map<Platform, number>()

  const lookAt = Effect.fnUntraced(function*(inventory: ForgeInventory, failed: FailedDelivery, finds: Finds) {
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

  return Effect.fnUntraced(function*(inventory: ForgeInventory, { finds, now, since }: Round) {
    const { platform } = inventory
    const begin = (): Sweep => ({
      begunAt: now,
      from: (finishedAt.get(platform) ?? 0) - overlap,
      cursor: Option.none()
    })
    let sweep = unfinished.get(platform) ?? begin()
    do {
      const { cursor, deliveries } = yield* Effect.tapError(
        pagesFrom(inventory, Math.max(since, sweep.from), sweep.cursor),
        // A place in the list that the forge does not know any more. The next round begins anew.
        (error) => Effect.sync(() => isRefused(error) && unfinished.delete(platform))
      )
      for (const failed of deliveries) {
        const key = `${platform}:${failed.id}`
        if (settled.has(key) || (yield* finds.isRecorded(platform, DeliveryId.make(failed.id)))) continue
        yield* Effect.catchIf(
          lookAt(inventory, failed, finds),
          isRefused,
          ({ message }) => Effect.logWarning(`a failed delivery is left out: ${message}`)
        )
        settled.add(key)
      }
      sweep = { ...sweep, cursor }
      unfinished.set(platform, sweep)
    } while (Option.isSome(sweep.cursor))
    unfinished.delete(platform)
    finishedAt.set(platform, sweep.begunAt)
  })
}
