import type { Login, Platform, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Context, DateTime, type Effect, Option, Schema } from "effect"
import type { ForgeError } from "./ForgeError.ts"
import type { Delivery } from "./Webhooks.ts"

/** A repository that is reviewed, and the App installation that it is in. */
export interface InventoryRepository {
  readonly repo: RepoName
  readonly installationId?: number
}

/** An open pull request as a list of its forge shows it. Instants are milliseconds since the epoch. */
export interface OpenPullRequest {
  readonly ref: PullRequestRef
  readonly title: string
  readonly author: Login
  /** Number of the author's account; on GitLab only. */
  readonly authorId?: number
  readonly draft: boolean
  readonly headSha: Sha
  readonly headBranch: string
  readonly baseBranch: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly labels: ReadonlyArray<string>
  /** False if nobody has commented on it; absent where the list does not say. */
  readonly commented?: boolean
}

/** State of a pull request's head, as its forge shows it. */
export const HeadState = Schema.TaggedUnion({
  /** It has our review, or a reason of ours why it has none. `checkedAt`: instant of the check that alone says so. */
  Settled: { reason: Schema.String, checkedAt: Schema.optionalKey(Schema.Int) },
  /** Neither. `reviewedBefore`: another head has a review of ours. `pushedAt`: instant of the push, or of the commit. */
  Unreviewed: { reviewedBefore: Schema.Boolean, pushedAt: Schema.Int }
})
export type HeadState = typeof HeadState.Type

/** A comment on a pull request. */
export interface FoundComment {
  /** The event as a delivery would have told of it. */
  readonly event: typeof PullRequestEvent.cases.Comment.Type
  /** Milliseconds since the epoch. */
  readonly writtenAt: number
  /** True if our account has reacted to it or answered in its thread. */
  readonly isAnswered: Effect.Effect<boolean, ForgeError>
}

/** A change of a pull request that a delivery would have told of. */
export interface FoundChange {
  readonly kind: "pr_labeled" | "pr_reopened" | "pr_ready_for_review" | "pr_retargeted"
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Account that made it, with its number on GitLab. */
  readonly by: { readonly login: Login; readonly id?: number; readonly isBot: boolean }
  /** Label that was added. */
  readonly label?: string
}

/** A pull request, looked at more closely than its list shows it. */
export interface PullRequestLook {
  /** State of the listed head. Absent: the pull request has another head now. */
  readonly headState: Effect.Effect<HeadState | undefined, ForgeError>
  /** The last comments of others, in no order. */
  readonly comments: ReadonlyArray<FoundComment>
  /** The last changes, in no order. */
  readonly changes: Effect.Effect<ReadonlyArray<FoundChange>, ForgeError>
  /** Instant of our newest review of a head; 0 for none. */
  readonly reviewedAt: number
}

/** Instant of a forge's answer, in milliseconds since the epoch; 0 for one that cannot be read. */
export const millisOf = (text: string): number =>
  Option.match(DateTime.make(text), { onNone: () => 0, onSome: DateTime.toEpochMillis })

/** Name of an instant, in whole seconds, by which a delivery's request for another review and a found one are the same. */
export const nameOfInstant = (millis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(millis)).replace(/\.\d+Z$/, "Z")

/** A delivery that its forge could not deliver. */
export interface FailedDelivery {
  /** The forge's number for this attempt. */
  readonly attempt: number
  /** Id of the delivery, the same for all its attempts. */
  readonly id: string
  /** `pull_request.opened`. */
  readonly event: string
}

/** Page of failed deliveries. The first page has the newest. */
export interface FailedDeliveries {
  /** Oldest first. */
  readonly deliveries: ReadonlyArray<FailedDelivery>
  /** Cursor of the next page. None: there are no more within the time. */
  readonly next: Option.Option<string>
}

/** No deliveries. */
export const noDeliveries: FailedDeliveries = { deliveries: [], next: Option.none() }

/** Reads of a forge that find the work whose deliveries were missed. They change nothing there. */
export interface ForgeInventory {
  readonly platform: Platform
  /** Milliseconds by which the forge's clock is ahead of ours, by its last answer. `since` is always of our clock. */
  ahead(): number
  /** Maximum number of pull requests that `look` takes. */
  readonly looksAtOnce: number
  /**
   * Repositories to look into: the allowed ones; without any, those of the App's installations. An account that cannot
   * list its own has none then.
   */
  repositories(allowed: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<InventoryRepository>, ForgeError>
  /** Open pull requests that changed since an instant, the last one first. Free, on GitHub, while nothing changes. */
  openPullRequests(
    repository: InventoryRepository,
    since: number
  ): Effect.Effect<ReadonlyArray<OpenPullRequest>, ForgeError>
  /** Looks at pull requests, in their order. Absent: it is gone. Instants of pushes are exact from `since` on. */
  look(
    repository: InventoryRepository,
    pulls: ReadonlyArray<OpenPullRequest>,
    since: number
  ): Effect.Effect<ReadonlyArray<PullRequestLook | undefined>, ForgeError>
  /** Deliveries since an instant that were not taken, of events that may start a review: one page. */
  failedDeliveries(since: number, cursor: Option.Option<string>): Effect.Effect<FailedDeliveries, ForgeError>
  /** The event of a failed delivery, or the reason to ignore it. */
  delivery(failed: FailedDelivery): Effect.Effect<Delivery, ForgeError>
}

/** Inventories of the forges that this process has credentials for. */
export class Inventories extends Context.Service<Inventories, ReadonlyArray<ForgeInventory>>()(
  "@nominal-code/forge/Inventories"
) {}
