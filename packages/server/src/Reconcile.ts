import type { Policy } from "@nominal-code/domain/event/Policy"
import type { Platform, RepoName } from "@nominal-code/domain/event/PullRequest"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import { type ForgeInventory, Inventories, type InventoryRepository } from "@nominal-code/forge/Inventory"
import { withBudget } from "@nominal-code/forge/RequestBudget"
import type { JobQueue } from "@nominal-code/jobs/JobQueue"
import type { JobRecords } from "@nominal-code/jobs/JobRecords"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Context, Duration, Effect, Layer } from "effect"
import { makeFailedDeliveries } from "./FailedDeliveries.ts"
import type { Intake } from "./Intake.ts"
import { makeMissedEvents, type MissedEvent, type Round } from "./MissedEvents.ts"
import { makeOpenPullRequests } from "./OpenPullRequests.ts"

/** Limits of a round, and the policy by which it offers what it finds. */
export interface ReconcileOptions {
  readonly policy: Policy
  /** Age of the changes and deliveries that are looked at. */
  readonly window: Duration.Duration
  /** Maximum number of requests to all forges in one round. */
  readonly maxRequests: number
}

/** Result of a round. */
export interface ReconcileReport {
  readonly missed: ReadonlyArray<MissedEvent>
  readonly requests: number
  /** True if the requests were used up before everything was looked at. The next round goes on there. */
  readonly exhausted: boolean
  /** Forges and repositories that refused, or did not answer. */
  readonly unread: ReadonlyArray<string>
}

/**
 * Search for missed events: deliveries that the forge could not deliver, and open pull requests with a head that has
 * neither a review of ours nor a stated reason, or with a comment that nobody has answered.
 */
export class Reconcile extends Context.Service<Reconcile, {
  /** One round. What it finds is offered to the queue, like a delivery, or only reported. */
  round(use: "offer" | "report"): Effect.Effect<ReconcileReport, StoreError>
}>()("@nominal-code/server/Reconcile") {}

/** The list from the item after the last one that was looked at. */
const after = (repositories: ReadonlyArray<InventoryRepository>, last: RepoName | undefined) => {
  const at = repositories.findIndex(({ repo }) => repo === last) + 1
  return [...repositories.slice(at), ...repositories.slice(0, at)]
}

const isLimited = ({ reason }: ForgeError) => reason._tag === "RateLimited" || reason._tag === "Unavailable"

/** Time after which a repository that was not there is looked for again: it may have been renamed, or access was lost. */
const absence = Duration.toMillis(Duration.hours(1))

const make = Effect.fnUntraced(function*({ maxRequests, policy, window }: ReconcileOptions) {
  const inventories = yield* Inventories
  const services = yield* Effect.context<Intake | JobQueue | JobRecords>()
  /** Half of a round is for what is open, however many deliveries have failed. */
  const forDeliveries = Math.ceil(maxRequests / 2)
  const lookAtDeliveries = makeFailedDeliveries(Math.max(1, Math.floor(forDeliveries / 5)))
  const lookAtRepository = makeOpenPullRequests(policy)
  /** Instants until which repositories count as not there. */
  const absent = new Map<string, number>()
  const unread = new Set<string>()
  /** Repositories that a forge of this round has, and those that one does not have, or does not show us. */
  const [there, missing] = [new Set<string>(), new Set<string>()]
  /** Forges of which a warning has said that nothing tells where to look. */
  const nowhere = new Set<Platform>()
  const lastLookedAt = new Map<Platform, RepoName>()
  /** The forge that was looked into last: where it uses up a round's requests, the next round begins with the one after it. */
  let current = -1

  /**
   * Looks into one part after the other. A refusal of one part holds up no other one; a limit ends the round, and the next
   * one begins behind the part that met it.
   */
  const lookAtRepositories = Effect.fnUntraced(function*(inventory: ForgeInventory, round: Round) {
    const { platform } = inventory
    const repositories = yield* inventory.repositories(policy.allowedRepos)
    if (policy.allowedRepos.length === 0 && repositories.length === 0 && !nowhere.has(platform)) {
      nowhere.add(platform)
      yield* Effect.logWarning(
        `missed events on ${platform} are looked for in no repository: name repositories in ` +
          "access.allowed_repos (ALLOWED_REPOS)"
      )
    }
    for (const repository of after(repositories, lastLookedAt.get(platform))) {
      const key = `${platform}:${repository.repo}`
      if (round.now < (absent.get(key) ?? 0)) continue
      const looking = Effect.tap(
        lookAtRepository(inventory, repository, round),
        () => Effect.sync(() => there.add(repository.repo))
      )
      yield* Effect.catchTag(looking, "ForgeError", (error) => {
        lastLookedAt.set(platform, repository.repo)
        if (isLimited(error)) return Effect.fail(error)
        // The allowed repositories are those of all forges.
        if (error.reason._tag === "NotFound") {
          absent.set(key, round.now + absence)
          missing.add(repository.repo)
        } else unread.add(key)
        return Effect.logWarning(`${repository.repo} was not searched for missed events: ${error.message}`)
      })
      lastLookedAt.set(platform, repository.repo)
    }
  })

  const lookAt = (inventory: ForgeInventory, round: Round) =>
    Effect.gen(function*() {
      current = inventories.indexOf(inventory)
      const deliveries = Effect.catchIf(
        lookAtDeliveries(inventory, round),
        (error): error is ForgeError => error._tag === "ForgeError" && error.reason._tag !== "RateLimited",
        ({ message }) => {
          unread.add(inventory.platform)
          return Effect.logWarning(
            `${inventory.platform}'s failed deliveries were not all read: ${message}`
          )
        }
      )
      const { exhausted } = yield* withBudget(forDeliveries, deliveries)
      yield* lookAtRepositories(inventory, round)
      if (exhausted) yield* deliveries
    }).pipe(
      Effect.catchTag("ForgeError", ({ message }) => {
        unread.add(inventory.platform)
        return Effect.logWarning(`${inventory.platform} was not searched to the end for missed events: ${message}`)
      })
    )

  const round = Effect.fn("Reconcile.round")(function*(use: "offer" | "report") {
    const now = yield* Clock.currentTimeMillis
    const finds = yield* Effect.provideContext(makeMissedEvents(use, policy.botUsername), services)
    for (const names of [unread, there, missing]) names.clear()
    const inTurn = [...inventories.slice(current + 1), ...inventories.slice(0, current + 1)]
    const look = Effect.forEach(
      inTurn,
      (inventory) => lookAt(inventory, { finds, now, since: now - Duration.toMillis(window) }),
      { discard: true }
    )
    const spent = yield* withBudget(maxRequests, look)
    const shownByNone = spent.exhausted ? [] : [...missing].filter((repo) => !there.has(repo))
    return { missed: finds.missed, ...spent, unread: [...unread, ...shownByNone] } satisfies ReconcileReport
  })
  return Reconcile.of({ round })
})

/** The search for missed events. */
export const layer = (options: ReconcileOptions) => Layer.effect(Reconcile, make(options))
