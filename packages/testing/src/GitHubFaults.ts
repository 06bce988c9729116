import { Duration } from "effect"
import { now } from "./GitHubState.ts"

/** A fault of a request. */
export type Fault =
  /** It is answered with this, and nothing happens. */
  | {
    readonly _tag: "Answer"
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly message?: string
    /** GitHub's list of what was wrong with the request. */
    readonly errors?: ReadonlyArray<unknown>
  }
  /** It happens, and is answered with an error all the same. */
  | { readonly _tag: "CommitThenAnswer"; readonly status: number }
  /** The connection is cut before anything happens. */
  | { readonly _tag: "Drop" }
  /** It happens, and the connection is cut before the answer. */
  | { readonly _tag: "CommitThenDrop" }
  /** It is never answered. */
  | { readonly _tag: "Stall" }
  /** The request is answered after this time. */
  | { readonly _tag: "Delay"; readonly by: Duration.Input }

/** Selection of the requests that a fault is for. */
export interface Target {
  readonly method?: string
  readonly path: RegExp
  /** Number of them, 1 by default. */
  readonly times?: number
}

interface PlannedFault {
  readonly target: Target
  readonly fault: Fault
  left: number
}

/** A state of the whole service that ends by itself. */
interface Outage {
  readonly fault: Fault
  /** Milliseconds since the epoch. */
  readonly until: number
}

const seconds = (millis: number): number => Math.ceil(millis / 1_000)

/**
 * The faults that wait for their requests. The first that fits a request is used up by it. An outage, while it lasts,
 * is every request's.
 */
export class GitHubFaults {
  #planned: Array<PlannedFault> = []
  #outage: Outage | undefined

  next(target: Target, fault: Fault): void {
    this.#planned.push({ target, fault, left: target.times ?? 1 })
  }

  /** GitHub's secondary rate limit, with the header that says how long to wait. */
  secondaryRateLimit(target: Target, retryAfterSeconds: number): void {
    this.next(target, {
      _tag: "Answer",
      status: 403,
      headers: { "retry-after": String(retryAfterSeconds) },
      message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    })
  }

  /** GitHub's secondary rate limit for posts, which it answers as if something were wrong with the post. */
  submittedTooQuickly(target: Target, code: "abuse" | "custom" = "abuse"): void {
    this.next(target, {
      _tag: "Answer",
      status: 422,
      message: "Validation Failed",
      errors: [{
        resource: "PullRequestReview",
        code,
        ...(code === "abuse" ? { field: "base" } : { message: "was submitted too quickly" })
      }]
    })
  }

  /** The whole of GitHub is away: connections are cut, git's too. */
  away(lasting: Duration.Input): void {
    this.during(lasting, { _tag: "Drop" })
  }

  /** GitHub's primary rate limit: no request is left until the hour is over. Without `resetIn`, the limit ends with it. */
  usedUp(lasting: Duration.Input, resetIn: Duration.Input = lasting): void {
    const resetAt = seconds(now() + Duration.toMillis(Duration.fromInputUnsafe(resetIn)))
    this.during(lasting, {
      _tag: "Answer",
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(resetAt) },
      message: "API rate limit exceeded for user ID 1000."
    })
  }

  /** Every request meets this fault, for as long as it lasts. */
  during(lasting: Duration.Input, fault: Fault): void {
    this.#outage = { fault, until: now() + Duration.toMillis(Duration.fromInputUnsafe(lasting)) }
  }

  /** Ends everything: what is planned, and an outage. */
  clear(): void {
    this.#planned = []
    this.#outage = undefined
  }

  /** The fault of this request, if it has one. */
  take(method: string, path: string): Fault | undefined {
    if (this.#outage !== undefined && now() < this.#outage.until) return this.#outage.fault
    const planned = this.#planned.find(({ left, target }) =>
      left > 0 && (target.method ?? method) === method && target.path.test(path)
    )
    if (planned !== undefined) planned.left -= 1
    return planned?.fault
  }
}
