import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import type { OutageKind } from "./Plan.ts"

/*
 * Observations of a storm from outside, and no claim of a server about itself: the invariants are checked on these alone. Times
 * are milliseconds since the epoch.
 */

/** A delivery that was answered with a success, in the order of the answers. */
export interface AcceptedDelivery {
  readonly delivery: string
  readonly job: string
  /** `owner/name#7`. */
  readonly pull: string
  /** True if it asks for an answer to a comment. The others are lifecycle events. */
  readonly comment: boolean
  /** The delivery that tells of the same event, under another id. */
  readonly twinOf?: string
  /** The jobs that later answers to the same delivery named. */
  readonly again: ReadonlyArray<string>
}

/** One state of a job, as Redis wrote it to its disk. */
export interface Change {
  readonly job: string
  readonly lane: string
  readonly state: string
  /** The job's place in its lane. */
  readonly position: number
  /** Of the last lease. */
  readonly epoch: number
  /** Time of its end; 0 while it has not ended. */
  readonly endedAt: number
}

/** The process of a pod, from its start to its end. */
export interface PodRun {
  readonly pod: string
  /** The Job's name in the cluster. */
  readonly name: string
  readonly job: string
  /** The same for all pods of a pull request. */
  readonly lane: string
  /** Moment in which the cluster had made the pod: it may have waited for a place since. */
  readonly madeAt: number
  readonly startedAt: number
  /** None: it was still running when everything was over. */
  readonly endedAt: number | undefined
}

/** Something that a job has put on a pull request, found by its marker. */
export interface Post {
  readonly job: string
  readonly pull: string
  /** `answer`: it stands for the review as a whole, or says why there is none. */
  readonly kind: "answer" | "finding"
  /** Of a finding: which one. */
  readonly fingerprint: string
  /** Of a review: the commit that it is about. */
  readonly headSha?: string
  /** Of a review: whether it is one of the head, and not of what somebody asked about it. */
  readonly ofHead?: boolean
  /** Time at which the forge took it. */
  readonly at: number
}

/** A time in which a service was away, limited or full. */
export interface Outage {
  readonly kind: OutageKind
  readonly seconds: number
  /** Number of requests to the service meanwhile, all in vain. Of Redis: of connections. */
  readonly requests: number
  /** Number of jobs that waited and ran when it began. */
  readonly waiting: number
  readonly running: number
}

/** A time in which a server's process stood still. */
export interface Freeze {
  readonly from: number
  readonly to: number
}

/** A key that Redis holds when everything is over. */
export interface StoredKey {
  readonly name: string
  /** True if it goes by itself. */
  readonly expires: boolean
}

/** Everything that was seen. */
export interface Observations {
  readonly accepted: ReadonlyArray<AcceptedDelivery>
  /** Answers of success that name no job. */
  readonly refused: ReadonlyArray<string>
  readonly records: ReadonlyArray<JobRecord>
  /** In the order in which they happened. */
  readonly changes: ReadonlyArray<Change>
  readonly pods: ReadonlyArray<PodRun>
  /** In the order in which the forge has them. */
  readonly posts: ReadonlyArray<Post>
  /** The head of each pull request when everything is over. */
  readonly heads: ReadonlyMap<string, string>
  readonly outages: ReadonlyArray<Outage>
  readonly keys: ReadonlyArray<StoredKey>
  /** The channels that somebody listens to. */
  readonly channels: ReadonlyArray<string>
  /** Jobs that the cluster has not ended, but for those of lost nodes. */
  readonly unfinished: ReadonlyArray<string>
  /** The last words of servers that nobody had killed. */
  readonly crashes: ReadonlyArray<string>
  /** The times in which servers were frozen. */
  readonly freezes: ReadonlyArray<Freeze>
}
