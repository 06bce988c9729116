import { laneKey } from "@nominal-code/domain/job/Lane"
import { type JobRecord, reasonOf } from "@nominal-code/jobs/JobRecords"
import { Option } from "effect"
import type { AcceptedDelivery, Change, Observations, PodRun, Post } from "./Observed.ts"
import { restless } from "./Outages.ts"

/*
 * Invariants that have to hold when a storm is over. Each function is one invariant, and answers with its breaches: one line for
 * each, none where it holds.
 */

const groupBy = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyMap<string, ReadonlyArray<A>> =>
  Map.groupBy(items, key)

const answersOf = ({ posts }: Observations, job: string): ReadonlyArray<Post> =>
  posts.filter((post) => post.job === job && post.kind === "answer")

type Records = ReadonlyMap<string, JobRecord>

const recordsOf = ({ records }: Observations): Records => new Map(records.map((record) => [String(record.id), record]))

const isComment = ({ kind }: JobRecord): boolean => !kind.startsWith("pr_")

/**
 * Fault of the job that replaced a superseded one; empty where all is well. The sender need not know it: it may have given
 * up on the answer while Redis was away.
 */
const mishapOfHeir = (record: JobRecord, records: Records): string | undefined => {
  const heir = records.get(Option.getOrElse(record.supersededBy, () => ""))
  if (isComment(record)) return "asks for an answer, and was superseded"
  return heir !== undefined && heir.position > record.position && !isComment(heir) &&
      laneKey(heir.lane) === laneKey(record.lane)
    ? undefined
    : `was superseded by ${heir?.id ?? "nobody"}, which came not after it to the same pull request`
}

/** Fault of the end of an accepted delivery's job; empty where all is well. */
const misfortune = (
  observed: Observations,
  one: AcceptedDelivery,
  record: JobRecord,
  records: Records
): string | undefined => {
  if (record.state === "superseded") return mishapOfHeir(record, records)
  if (record.state === "parked") {
    return answersOf(observed, one.job).length > 0 ? undefined : "was given up, and the pull request does not know"
  }
  if (record.state !== "done") return `is ${record.state}`
  return Option.match(record.outcome, {
    onNone: () => "is done without an outcome",
    onSome: (outcome) => {
      if ("failure" in outcome) return "is done, and its outcome is a failure"
      if (outcome._tag !== "Skipped") {
        return answersOf(observed, one.job).length > 0
          ? undefined
          : "is done, and its review is not on the pull request"
      }
      if (outcome.reason !== "head-reviewed" || isComment(record)) return `was skipped: ${outcome.reason}`
      return observed.posts.some(({ headSha, ofHead, pull }) =>
          pull === one.pull && ofHead === true && headSha === outcome.headSha
        )
        ? undefined
        : "was skipped, and no review of that head is on the pull request"
    }
  })
}

/**
 * Lost: every delivery that was answered with a success has one job, whose end can be seen. Its review is on the pull
 * request; or, of an event of the pull request's life, a review of the head that it found is; or a later such job does
 * its work.
 */
const lost = (observed: Observations): ReadonlyArray<string> => {
  const records = recordsOf(observed)
  return [
    ...observed.refused.map((answer) => `a delivery was answered with a success that is none: ${answer}`),
    ...observed.accepted.flatMap((one) => {
      const record = records.get(one.job)
      const wrong = record === undefined ? "is not known any more" : misfortune(observed, one, record, records)
      return wrong === undefined ? [] : [`job ${one.job} of ${one.pull} (delivery ${one.delivery}) ${wrong}`]
    })
  ]
}

/** Given up: nothing that goes wrong in a storm is a job's own fault, so no job is given up. */
const givenUp = ({ records }: Observations): ReadonlyArray<string> =>
  records.filter(({ state, task }) => state === "parked" || task._tag === "Notice").map((record) =>
    `job ${record.id} of ${record.lane} was given up: ${reasonOf(record)}`
  )

/**
 * Unreviewed: the head that a pull request has in the end has one review, no commit has two, and nothing is said of
 * another commit after the head was reviewed. An answer to a question about the head is not a review of it.
 */
const unreviewed = ({ heads, posts }: Observations): ReadonlyArray<string> =>
  [...heads].flatMap(([pull, head]) => {
    const about = posts.filter((post) => post.pull === pull && post.headSha !== undefined)
    const reviews = about.filter(({ ofHead }) => ofHead)
    const times = groupBy(reviews, ({ headSha = "" }) => headSha)
    const reviewed = about.findIndex(({ headSha, ofHead }) => ofHead && headSha === head)
    const later = reviewed === -1 ? [] : about.slice(reviewed)
    return [
      ...(times.has(head) ? [] : [`the head ${head} of ${pull} was never reviewed`]),
      ...[...times].flatMap(([sha, { length }]) =>
        length > 1 ? [`${sha} of ${pull} was reviewed ${length} times`] : []
      ),
      ...later.filter(({ headSha }) => headSha !== head).map(({ headSha, job }) =>
        `job ${job} of ${pull} posted about ${headSha} after the head had been reviewed`
      )
    ]
  })

const ended = new Set(["done", "superseded", "parked"])

/** Unsettled: a job ends once. What it has ended as stays, whoever still works for it. */
const unsettled = (observed: Observations): ReadonlyArray<string> =>
  [...groupBy(observed.changes, ({ job }) => job)].flatMap(([job, changes]) => {
    const ends = changes.filter(({ state }) => ended.has(state)).length
    const after = changes.slice(changes.findIndex(({ state }) => ended.has(state)) + 1)
    if (ends === 0) return [`job ${job} has not ended`]
    return ends === 1 && after.length === 0
      ? []
      : [`job ${job} went on after its end: ${changes.map(({ state }) => state).join(", ")}`]
  })

/**
 * Doubled: a job answers once, says nothing twice, and a delivery that comes again is the same job. So is a comment that
 * comes under another id; an event of the pull request's life may be a job again, which then finds the head reviewed.
 */
const doubled = (observed: Observations): ReadonlyArray<string> => [
  ...[...groupBy(observed.posts, ({ job }) => job)].flatMap(([job, posts]) => {
    const answers = posts.filter(({ kind }) => kind === "answer")
    const findings = posts.filter(({ kind }) => kind === "finding").map(({ fingerprint }) => fingerprint)
    return [
      ...(answers.length > 1 ? [`job ${job} answered ${answers.length} times`] : []),
      ...(new Set(findings).size < findings.length ? [`job ${job} posted a finding twice`] : [])
    ]
  }),
  ...observed.accepted.flatMap(({ again, delivery, job }) =>
    again.some((other) => other !== job) ? [`delivery ${delivery} is job ${job}, and ${again.join(", ")}`] : []
  ),
  ...observed.accepted.flatMap(({ comment, delivery, job, twinOf }) => {
    const first = observed.accepted.find((one) => one.delivery === twinOf)
    return comment && first !== undefined && first.job !== job
      ? [`delivery ${delivery} is job ${job}, and its comment is job ${first.job} already`]
      : []
  })
]

const until = ({ endedAt }: PodRun): number => endedAt ?? Infinity

/** Overlapped: a pull request never has two pods that run at the same time. */
const overlapped = (observed: Observations): ReadonlyArray<string> =>
  [...groupBy(observed.pods, ({ lane }) => lane)].flatMap(([, pods]) => {
    const inOrder = pods.toSorted((one, other) => one.startedAt - other.startedAt)
    return inOrder.flatMap((pod, index) => {
      const before = inOrder.slice(0, index).find((earlier) => until(earlier) > pod.startedAt)
      return before === undefined
        ? []
        : [`${pod.pod} started ${Math.round(until(before) - pod.startedAt)} ms before ${before.pod} had ended`]
    })
  })

/** True for a pod by which the cluster replaces an earlier one of its Job, until the Job is deleted. */
const isReplacement = ({ name, startedAt }: PodRun, pods: ReadonlyArray<PodRun>): boolean =>
  pods.some((other) => other.name === name && other.startedAt < startedAt)

/** Time after its freeze in which a server sends what it had begun before, in milliseconds. */
const thawing = 5000

/**
 * Stale effects: nothing is done for a job that has ended. No Job of it is made, and nothing of it is posted, but for the
 * notice of one that was given up, which comes after its end. While the cluster's API fails, the cluster may replace a pod
 * of a Job that cannot be deleted yet. A pod that was made before may get its place at the moment of the end, and a
 * server may be frozen after it has asked the queue for the last time, and create the Job afterwards: such a pod asks the
 * queue, and ends.
 */
const stale = (observed: Observations): ReadonlyArray<string> => {
  const ends = new Map(observed.changes.filter(({ endedAt }) => endedAt > 0).map((change) => [change.job, change]))
  const late = (job: string, at: number): string | undefined => {
    const end = ends.get(job)
    return end === undefined || at <= end.endedAt ? undefined : `${Math.round(at - end.endedAt)} ms after its end`
  }
  return [
    ...observed.pods.flatMap((run) => {
      const { job, madeAt, pod } = run
      const endedAt = ends.get(job)?.endedAt ?? 0
      const isThawing = observed.freezes.some(({ from, to }) =>
        from <= endedAt && endedAt <= to && to <= madeAt && madeAt <= to + thawing
      )
      const after = isThawing || isReplacement(run, observed.pods) ? undefined : late(job, madeAt)
      return after === undefined ? [] : [`${pod} of job ${job} was made ${after}`]
    }),
    ...observed.posts.flatMap(({ at, job, kind, pull }) => {
      const after = ends.get(job)?.state === "parked" ? undefined : late(job, at)
      return after === undefined
        ? []
        : [`job ${job} of ${pull} posted its ${kind} ${after}, as ${ends.get(job)?.state}`]
    })
  ]
}

/** A lane's jobs that are of the same sort, in the order in which they ran or answered. */
const backwards = (
  jobs: ReadonlyArray<{ readonly job: string }>,
  records: Records
): ReadonlyArray<string> =>
  [true, false].flatMap((comments) => {
    const places = jobs.flatMap(({ job }) => {
      const record = records.get(job)
      return record !== undefined && isComment(record) === comments ? [{ job, place: record.position }] : []
    })
    return places.flatMap(({ job, place }, index) => place < (places[index - 1]?.place ?? 0) ? [job] : [])
  })

/** The events of a pull request's life whose turn came while a comment waited for its answer. */
const pushedIn = (changes: ReadonlyArray<Change>, records: Records): ReadonlyArray<string> => {
  const waiting = new Set<string>()
  return changes.flatMap(({ job, state }) => {
    const record = records.get(job)
    if (record === undefined) return []
    if (isComment(record)) {
      if (state === "waiting") waiting.add(job)
      else waiting.delete(job)
      return []
    }
    return state === "running" && waiting.size > 0 ? [job] : []
  })
}

/**
 * Disordered: the comments of a pull request are answered in the order in which they were accepted, and before an event
 * of its life has its turn. These have theirs in that order too.
 */
const disordered = (observed: Observations): ReadonlyArray<string> => {
  const records = recordsOf(observed)
  const answers = observed.posts.filter(({ kind }) => kind === "answer")
  return [
    ...[...groupBy(observed.changes, ({ lane }) => lane)].flatMap(([lane, changes]) => {
      const running = changes.filter(({ state }) => state === "running")
      return [
        ...backwards(running, records).map((job) => `job ${job} of ${lane} ran after one that came later`),
        ...pushedIn(changes, records).map((job) => `job ${job} of ${lane} ran while a comment waited`)
      ]
    }),
    ...[...groupBy(answers, ({ pull }) => pull)].flatMap(([pull, posts]) =>
      backwards(posts, records).map((job) => `job ${job} of ${pull} answered after one that came later`)
    )
  ]
}

/** Keys that the queue never deletes. Their size does not grow with the jobs that were done. */
const fixed = /^(?:nc:shards|nc:marker-keys|\{nc:\d+\}:(?:is:(?:parked|done|superseded)|tick|changes|signers))$/

const jobKey = /^\{nc:\d+\}:job:(.*)$/
const readyChannel = /^\{nc:\d+\}:ready$/

/** Left over: lanes are empty, no Job is left in the cluster, nobody listens to a job, and every other key expires. */
const left = (observed: Observations): ReadonlyArray<string> => {
  const known = new Set(observed.accepted.map(({ job }) => job))
  return [
    ...observed.keys.flatMap(({ expires, name }) => {
      if (fixed.test(name)) return []
      if (!expires) return [`key ${name} stays for ever`]
      const [, job] = jobKey.exec(name) ?? []
      return job !== undefined && !known.has(job) ? [`key ${name} is of a job that nobody sent`] : []
    }),
    ...observed.channels.filter((channel) => !readyChannel.test(channel)).map((channel) =>
      `somebody listens to ${channel}`
    ),
    ...observed.unfinished.map((name) => `Job ${name} has not ended`),
    ...observed.pods.filter(({ endedAt }) => endedAt === undefined).map(({ pod }) => `${pod} still runs`)
  ]
}

/** Crashed: no server ends by itself, but for a start that waited in vain for a Redis that was away. */
const crashed = ({ crashes }: Observations): ReadonlyArray<string> =>
  crashes.map((words) => `a server ended by itself, and said last: ${words}`)

/** The breaches of each invariant. */
export interface Verdict {
  readonly lost: ReadonlyArray<string>
  readonly givenUp: ReadonlyArray<string>
  readonly unreviewed: ReadonlyArray<string>
  readonly unsettled: ReadonlyArray<string>
  readonly doubled: ReadonlyArray<string>
  readonly overlapped: ReadonlyArray<string>
  readonly stale: ReadonlyArray<string>
  readonly disordered: ReadonlyArray<string>
  readonly restless: ReadonlyArray<string>
  readonly left: ReadonlyArray<string>
  readonly crashed: ReadonlyArray<string>
}

/** Holds everything against what was seen. */
export const judge = (observed: Observations): Verdict => ({
  lost: lost(observed),
  givenUp: givenUp(observed),
  unreviewed: unreviewed(observed),
  unsettled: unsettled(observed),
  doubled: doubled(observed),
  overlapped: overlapped(observed),
  stale: stale(observed),
  disordered: disordered(observed),
  restless: restless(observed),
  left: left(observed),
  crashed: crashed(observed)
})

/** All of them, each with the name of its invariant. */
export const breaches = (verdict: Verdict): ReadonlyArray<string> =>
  Object.entries(verdict).flatMap(([name, found]: readonly [string, ReadonlyArray<string>]) =>
    found.map((breach) => `${name}: ${breach}`)
  )
