import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { monotonicMillis } from "@nominal-code/domain/telemetry/MonotonicTime"
import { makeQuietLine } from "@nominal-code/domain/telemetry/QuietLine"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import { Duration, Effect } from "effect"

/** Reactions that failed: what is logged of them, and whom the forge asks to wait. */
export interface ReactionTrouble {
  /** Logs a failed reaction, and keeps a limit that the forge has told. */
  readonly failed: (pullRequest: PullRequestRef, error: ForgeError) => Effect.Effect<void>
  /** True while the forge asks for no more requests about repositories of this owner. */
  readonly isLimited: (pullRequest: PullRequestRef) => Effect.Effect<boolean>
}

/** Longest time that a limit is kept: GitHub's and GitLab's end within the hour, whatever a proxy says. */
const longest = Duration.hours(1)

/** Number of owners whose limits are kept. */
const owners = 1_000

const ownerOf = ({ platform, repo }: PullRequestRef): string => `${platform}/${repo.split("/")[0]}`

/** Makes the record of a server. Of a forge that refuses every reaction, one line a minute shows, with their number. */
export const make = Effect.gen(function*() {
  const limits = new Map<string, number>()
  const write = yield* makeQuietLine(Effect.logWarning)

  const keep = (owner: string, until: number) => {
    limits.delete(owner)
    limits.set(owner, until)
    for (const oldest of [...limits.keys()].slice(0, Math.max(0, limits.size - owners))) limits.delete(oldest)
  }

  const made: ReactionTrouble = {
    failed: Effect.fnUntraced(function*(pullRequest, error) {
      const now = yield* monotonicMillis
      const { reason } = error
      if (reason._tag === "RateLimited") {
        keep(ownerOf(pullRequest), now + Duration.toMillis(Duration.min(reason.retryAfter, longest)))
      }
      yield* write(`no reaction on ${pullRequest}: ${error.message}; the review goes on`)
    }),
    isLimited: (pullRequest) => Effect.map(monotonicMillis, (now) => (limits.get(ownerOf(pullRequest)) ?? now) > now)
  }
  return made
})
