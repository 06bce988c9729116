import { Effect, PubSub, Stream } from "effect"
import { now } from "./GitHubState.ts"

/** One request that the emulated forge has got. Git's two requests for a fetch are two of them. */
export interface RequestRecord {
  readonly kind: "rest" | "graphql" | "git"
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: string
  readonly body: unknown
  /** GitHub's name for the operation (`pulls/create-review`); for git the service (`upload-pack`). */
  readonly operation: string
  readonly login: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  /** 0: there was no answer. */
  readonly status: number
  readonly fault: string | undefined
}

/** Something that GitHub would have refused, or an answer of ours that GitHub would not have given. */
interface Violation {
  readonly by: "client" | "emulator"
  readonly method: string
  readonly path: string
  readonly errors: ReadonlyArray<string>
}

/** Requests that the emulated forge has received. */
export interface GitHubJournal {
  readonly requests: ReadonlyArray<RequestRecord>
  readonly violations: ReadonlyArray<Violation>
  /** Every request from now on, when it has been answered. */
  readonly stream: Stream.Stream<RequestRecord>
  add(record: Omit<RequestRecord, "endedAt">): void
  violation(violation: Violation): void
}

export const makeJournal = Effect.map(PubSub.unbounded<RequestRecord>(), (pubsub): GitHubJournal => {
  const requests: Array<RequestRecord> = []
  const violations: Array<Violation> = []
  return {
    requests,
    violations,
    stream: Stream.fromPubSub(pubsub),
    add: (record) => {
      const ended = { ...record, endedAt: now() }
      requests.push(ended)
      PubSub.publishUnsafe(pubsub, ended)
    },
    violation: (violation) => {
      violations.push(violation)
    }
  }
})
