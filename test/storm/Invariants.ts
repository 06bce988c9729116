import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import { Option } from "effect"
import type { Accepted, Observed, PodRun, Post } from "./Observed.ts"

/*
 * What has to hold when a storm is over. Each function is one invariant, and answers with its breaches: one line for
 * each, none where it holds.
 */

const groupBy = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyMap<string, ReadonlyArray<A>> =>
  Map.groupBy(items, key)

const answersOf = ({ posts }: Observed, job: string): ReadonlyArray<Post> =>
  posts.filter((post) => post.job === job && post.kind === "answer")

/** The job that a superseded one was replaced by. */
const successorOf = ({ supersededBy }: JobRecord): string | undefined => Option.getOrUndefined(supersededBy)

/** What is wrong with how an accepted delivery's job has ended; nothing where all is well. */
const misfortune = (observed: Observed, one: Accepted, record: JobRecord): string | undefined => {
  if (record.state === "superseded") {
    const successor = successorOf(record)
    const later = observed.accepted.slice(observed.accepted.indexOf(one) + 1)
    return later.some(({ job, pull }) => job === successor && pull === one.pull)
      ? undefined
      : `was superseded by ${successor ?? "nobody"}, which came not after it to the same pull request`
  }
  if (record.state === "parked") {
    return answersOf(observed, one.job).length > 0 ? undefined : "was given up, and the pull request does not know"
  }
  if (record.state !== "done") return `is ${record.state}`
  return Option.match(record.outcome, {
    onNone: () => "is done without an outcome",
    onSome: (outcome) => {
      if ("failure" in outcome) return "is done, and its outcome is a failure"
      if (outcome._tag === "Skipped") return outcome.detail === "" ? "was skipped for no reason" : undefined
      return answersOf(observed, one.job).length > 0 ? undefined : "is done, and its review is not on the pull request"
    }
  })
}

/**
 * Lost: every delivery that was answered with a success has one job, whose end can be seen. It is reviewed, and the
 * review is on the pull request; or it was passed over for a reason; or a job that came after it to the same pull
 * request does its work; or it was given up, and the pull request was told.
 */
const lost = (observed: Observed): ReadonlyArray<string> => {
  const records = new Map(observed.records.map((record) => [String(record.id), record]))
  return [
    ...observed.refused.map((answer) => `a delivery was answered with a success that is none: ${answer}`),
    ...observed.accepted.flatMap((one) => {
      const record = records.get(one.job)
      const wrong = record === undefined ? "is not known any more" : misfortune(observed, one, record)
      return wrong === undefined ? [] : [`job ${one.job} of ${one.pull} (delivery ${one.delivery}) ${wrong}`]
    })
  ]
}

const ended = new Set(["done", "superseded", "parked"])

/** Unsettled: a job ends once. What it has ended as stays, whoever still works for it. */
const unsettled = (observed: Observed): ReadonlyArray<string> =>
  [...groupBy(observed.changes, ({ job }) => job)].flatMap(([job, changes]) => {
    const ends = changes.filter(({ state }) => ended.has(state)).length
    const after = changes.slice(changes.findIndex(({ state }) => ended.has(state)) + 1)
    if (ends === 0) return [`job ${job} has not ended`]
    return ends === 1 && after.length === 0
      ? []
      : [`job ${job} went on after its end: ${changes.map(({ state }) => state).join(", ")}`]
  })

/** Doubled: a job answers once, says nothing twice, and a delivery that comes again is the same job. */
const doubled = (observed: Observed): ReadonlyArray<string> => [
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
  )
]

const until = ({ endedAt }: PodRun): number => endedAt ?? Infinity

/** Overlapped: a pull request never has two pods that run at the same time. */
const overlapped = (observed: Observed): ReadonlyArray<string> =>
  [...groupBy(observed.pods, ({ lane }) => lane)].flatMap(([, pods]) => {
    const inOrder = pods.toSorted((one, other) => one.startedAt - other.startedAt)
    return inOrder.flatMap((pod, index) => {
      const before = inOrder.slice(0, index).find((earlier) => until(earlier) > pod.startedAt)
      return before === undefined
        ? []
        : [`${pod.pod} started ${Math.round(until(before) - pod.startedAt)} ms before ${before.pod} had ended`]
    })
  })

/**
 * Stale effects: nothing is done for a job that has ended. No pod of it starts, and nothing of it is posted, but for the
 * notice of one that was given up, which comes after its end.
 */
const stale = (observed: Observed): ReadonlyArray<string> => {
  const ends = new Map(observed.changes.filter(({ endedAt }) => endedAt > 0).map((change) => [change.job, change]))
  const late = (job: string, at: number): string | undefined => {
    const end = ends.get(job)
    return end === undefined || at <= end.endedAt ? undefined : `${Math.round(at - end.endedAt)} ms after its end`
  }
  return [
    ...observed.pods.flatMap(({ job, pod, startedAt }) => {
      const after = late(job, startedAt)
      return after === undefined ? [] : [`${pod} of job ${job} started ${after}`]
    }),
    ...observed.posts.flatMap(({ at, job, kind, pull }) => {
      const after = ends.get(job)?.state === "parked" ? undefined : late(job, at)
      return after === undefined
        ? []
        : [`job ${job} of ${pull} posted its ${kind} ${after}, as ${ends.get(job)?.state}`]
    })
  ]
}

/** Disordered: the jobs of a pull request run and answer in the order in which they were accepted. */
const disordered = (observed: Observed): ReadonlyArray<string> => {
  const running = observed.changes.filter(({ state }) => state === "running")
  const lanes = [...groupBy(running, ({ lane }) => lane)].flatMap(([lane, changes]) =>
    changes.flatMap(({ job, position }, index) =>
      position < (changes[index - 1]?.position ?? 0) ? [`job ${job} of ${lane} ran after one that came later`] : []
    )
  )
  const place = new Map(observed.accepted.map(({ job }, index) => [job, index]))
  const answers = observed.posts.filter(({ kind }) => kind === "answer")
  const pulls = [...groupBy(answers, ({ pull }) => pull)].flatMap(([pull, posts]) =>
    posts.flatMap(({ job }, index) => {
      const before = posts[index - 1]
      return before !== undefined && (place.get(job) ?? Infinity) < (place.get(before.job) ?? -1)
        ? [`job ${job} of ${pull} answered after one that came later`]
        : []
    })
  )
  return [...lanes, ...pulls]
}

/** What the queue keeps for ever; its size does not grow with what was done. */
const fixed = /^(?:nc:shards|\{nc:\d+\}:(?:is:parked|log|tick|changes))$/

/** Left over: lanes are empty, no Job is left in the cluster, nobody listens to a job, and every other key expires. */
const left = (observed: Observed): ReadonlyArray<string> => {
  const known = new Set(observed.accepted.map(({ job }) => `{nc:0}:job:${job}`))
  return [
    ...observed.keys.flatMap(({ expires, name }) => {
      if (fixed.test(name)) return []
      if (!expires) return [`key ${name} stays for ever`]
      return name.startsWith("{nc:0}:job:") && !known.has(name) ? [`key ${name} is of a job that nobody sent`] : []
    }),
    ...observed.channels.filter((channel) => channel !== "{nc:0}:ready").map((channel) =>
      `somebody listens to ${channel}`
    ),
    ...observed.unfinished.map((name) => `Job ${name} has not ended`),
    ...observed.pods.filter(({ endedAt }) => endedAt === undefined).map(({ pod }) => `${pod} still runs`)
  ]
}

/** Crashed: no server ends by itself. */
const crashed = ({ crashes }: Observed): ReadonlyArray<string> =>
  crashes.map((words) => `a server ended by itself, and said last: ${words}`)

/** The breaches of each invariant. */
export interface Verdict {
  readonly lost: ReadonlyArray<string>
  readonly unsettled: ReadonlyArray<string>
  readonly doubled: ReadonlyArray<string>
  readonly overlapped: ReadonlyArray<string>
  readonly stale: ReadonlyArray<string>
  readonly disordered: ReadonlyArray<string>
  readonly left: ReadonlyArray<string>
  readonly crashed: ReadonlyArray<string>
}

/** Holds everything against what was seen. */
export const judge = (observed: Observed): Verdict => ({
  lost: lost(observed),
  unsettled: unsettled(observed),
  doubled: doubled(observed),
  overlapped: overlapped(observed),
  stale: stale(observed),
  disordered: disordered(observed),
  left: left(observed),
  crashed: crashed(observed)
})

/** All of them, each with the name of its invariant. */
export const breaches = (verdict: Verdict): ReadonlyArray<string> =>
  Object.entries(verdict).flatMap(([name, found]: readonly [string, ReadonlyArray<string>]) =>
    found.map((breach) => `${name}: ${breach}`)
  )
