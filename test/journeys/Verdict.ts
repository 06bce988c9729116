import { type JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { markersIn } from "@nominal-code/domain/review/Marker"
import type { JobPosts } from "@nominal-code/testing/GitHubEmulator"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { Effect, Option } from "effect"
import { type Journey, nameOf } from "./Journey.ts"
import type { Accepted } from "./Traffic.ts"

/** Outcome of the accepted deliveries. Each list names the jobs, or pull requests, that are wrong. */
interface Verdict {
  readonly reviewed: number
  readonly superseded: number
  /** Jobs whose head another job had reviewed. */
  readonly skipped: number
  /** Reviews that another life had posted already, so that they were found by their marker and not posted again. */
  readonly found: number
  readonly lost: ReadonlyArray<string>
  readonly doubled: ReadonlyArray<string>
  /** Pull requests of which two reviews ran at the same time. */
  readonly together: ReadonlyArray<string>
}

/** The texts of a job that stand for its review as a whole. There has to be one of them. */
const reviewsOf = (posts: JobPosts | undefined): number =>
  posts === undefined ? 0 : posts.reviews.length + posts.comments.length

const hasTwins = (posts: JobPosts | undefined): boolean => {
  const findings = (posts?.inline ?? []).map(({ body }) => markersIn(body)[0]?.fingerprint)
  return new Set(findings).size < findings.length
}

/** True if the job was replaced by one that came later to the same pull request and is reviewed. */
const isSuperseded = (journey: Journey, accepted: ReadonlyArray<Accepted>, { job, pull }: Accepted) =>
  Effect.map(journey.queue.find(job), (record) => {
    const by = Option.getOrUndefined(record)?.state === "superseded"
      ? Option.flatMapNullishOr(
        record,
        ({ supersededBy }) => Option.getOrUndefined(supersededBy)
      )
      : Option.none<string>()
    return accepted.slice(accepted.findIndex((one) => one.job === job) + 1).some((later) =>
      later.pull === pull && Option.contains(by, String(later.job))
    )
  })

/** True if the job found its head reviewed, by a job that began when the head was there already; and it is. */
const isHeadReviewed = (journey: Journey, { job, pull }: Accepted) =>
  Effect.map(journey.queue.find(job), (record) =>
    Option.exists(
      Option.flatMap(record, ({ outcome }) => outcome),
      (outcome) =>
        JobOutcome.guards.Skipped(outcome) && outcome.reason === "head-reviewed" &&
        journey.written(pull).some((text) => markersIn(text).some(({ headSha }) => headSha === outcome.headSha))
    ))

/** A model that is asked by a dead process thinks on; its review ended with the process. */
const overlaps = ({ turns }: Journey, pull: PullRequest, killed: ReadonlyArray<number>): boolean => {
  const runs = turns(pull).map(({ endedAt, startedAt }) => ({
    startedAt,
    endedAt: Math.min(endedAt, killed.find((at) => at >= startedAt) ?? endedAt)
  })).toSorted((a, b) => a.startedAt - b.startedAt)
  return runs.some(({ startedAt }, index) => startedAt < (runs[index - 1]?.endedAt ?? 0))
}

const wasFound = (journey: Journey, job: JobId) =>
  Effect.map(journey.queue.find(job), (record) =>
    Option.exists(
      Option.flatMap(record, ({ outcome }) => outcome),
      (outcome) => JobOutcome.guards.Reviewed(outcome) && outcome.alreadyPosted
    ))

/** Holds what is on the forge against what was accepted. */
export const judge = Effect.fnUntraced(function*(
  journey: Journey,
  accepted: ReadonlyArray<Accepted>,
  killed: ReadonlyArray<number>
) {
  const posts = (one: Accepted) => journey.emulator.jobs(one.pull).get(one.job)
  const missing = accepted.filter((one) => reviewsOf(posts(one)) === 0)
  const superseded = yield* Effect.filter(missing, (one) => isSuperseded(journey, accepted, one), { concurrency: 1 })
  const skipped = yield* Effect.filter(missing, (one) => isHeadReviewed(journey, one), { concurrency: 1 })
  const found = yield* Effect.filter(accepted, ({ job }) => wasFound(journey, job), { concurrency: 1 })
  const pulls = [...new Set(accepted.map(({ pull }) => pull))]
  const verdict: Verdict = {
    reviewed: accepted.length - missing.length,
    superseded: superseded.length,
    skipped: skipped.length,
    found: found.length,
    lost: missing.filter((one) => !superseded.includes(one) && !skipped.includes(one)).map(({ job }) => job),
    doubled: accepted.filter((one) => reviewsOf(posts(one)) > 1 || hasTwins(posts(one))).map(({ job }) => job),
    together: pulls.filter((pull) => overlaps(journey, pull, killed)).map(nameOf)
  }
  return verdict
})
