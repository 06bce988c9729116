import type { Duration } from "effect"

/** What goes wrong with a request. */
export type Fault =
  /** It is answered with this, and nothing happens. */
  | {
    readonly _tag: "Answer"
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly message?: string
  }
  /** It happens, and is answered with an error all the same. */
  | { readonly _tag: "CommitThenAnswer"; readonly status: number }
  /** The connection is cut before anything happens. */
  | { readonly _tag: "Drop" }
  /** It happens, and the connection is cut before the answer. */
  | { readonly _tag: "CommitThenDrop" }
  /** It is never answered. */
  | { readonly _tag: "Stall" }
  /** It happens, late. */
  | { readonly _tag: "Delay"; readonly by: Duration.Input }

/** Which requests a fault is for. */
export interface Target {
  readonly method?: string
  readonly path: RegExp
  /** How many of them; 1 unless told. */
  readonly times?: number
}

interface Planned {
  readonly target: Target
  readonly fault: Fault
  left: number
}

/** The faults that wait for their requests. The first that fits a request is used up by it. */
export class GitHubFaults {
  #planned: Array<Planned> = []

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

  /** GitHub's primary rate limit: no request is left until `resetAt` (seconds since the epoch). */
  primaryRateLimit(target: Target, resetAt: number): void {
    this.next(target, {
      _tag: "Answer",
      status: 429,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(resetAt) },
      message: "API rate limit exceeded"
    })
  }

  clear(): void {
    this.#planned = []
  }

  /** The fault of this request, if it has one. */
  take(method: string, path: string): Fault | undefined {
    const planned = this.#planned.find(({ left, target }) =>
      left > 0 && (target.method ?? method) === method && target.path.test(path)
    )
    if (planned !== undefined) planned.left -= 1
    return planned?.fault
  }
}
