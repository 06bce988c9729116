import { JobOutcome } from "@nominal-code/domain/Job"
import { Duration, Option } from "effect"
import type { KubePod } from "./KubeObjects.ts"
import type { Sight } from "./Watch.ts"

/*
 * What becomes of a Job, as the cluster tells it. Reasons begin with a word for where it went wrong; they are for
 * operators, and may quote what the cluster says.
 */

type Failed = typeof JobOutcome.cases.Failed.Type

/** How much of what the cluster says goes into a reason. */
const longest = 600

/** A failure, in one line. */
export const failed = (reason: string, rest: { readonly retryable: boolean; readonly lost?: boolean }): Failed =>
  JobOutcome.cases.Failed.make({ reason: reason.replaceAll(/\s+/g, " ").trim().slice(0, longest), ...rest })

/** `Stuck`: no pod of it will ever run, or it would take a person to make it. */
export type Ending =
  | { readonly _tag: "Succeeded" }
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Stuck"; readonly outcome: Failed }

/** Reasons for which a container waits and will go on to; whether another attempt may help. */
const hopeless: Readonly<Record<string, { readonly stage: string; readonly retryable: boolean }>> = {
  ImagePullBackOff: { stage: "image", retryable: true },
  InvalidImageName: { stage: "image", retryable: false },
  ErrImageNeverPull: { stage: "image", retryable: false },
  ImageInspectError: { stage: "image", retryable: true },
  CreateContainerConfigError: { stage: "cluster", retryable: true },
  CreateContainerError: { stage: "cluster", retryable: true }
}

const stuck = (pod: KubePod): Option.Option<Failed> =>
  Option.flatMap(pod.waiting, ({ message, reason }) =>
    Option.map(
      Option.fromUndefinedOr(hopeless[reason]),
      ({ retryable, stage }) => failed(`${stage}: ${reason}: ${message}`, { retryable })
    ))

/** How a Job has ended, or that it never will by itself. */
export const endingOf = ({ gone, job, pods }: Sight): Option.Option<Ending> => {
  const end = Option.flatMap(job, ({ end }) => end)
  if (Option.isSome(end)) return Option.some(end.value.succeeded ? { _tag: "Succeeded" } : { _tag: "Failed" })
  if (gone) return Option.some({ _tag: "Gone" })
  return Option.map(
    Option.firstSomeOf(pods.map(stuck)),
    (outcome) => ({ _tag: "Stuck" as const, outcome })
  )
}

/** Whether nothing of it runs any more. */
export const isOver = ({ gone, job }: Sight): boolean => gone || Option.exists(job, ({ end }) => Option.isSome(end))

/** It took too long. */
export const tooLong = (limit: Duration.Duration): Failed =>
  failed(`deadline: the Job took longer than its deadline of ${Duration.format(limit)}`, { retryable: true })

/** No node took it, or its image did not come. */
export const neverStarted = ({ pods }: Sight, waited: string): Failed => {
  const why = Option.firstSomeOf(
    pods.map(({ unschedulable, waiting }) =>
      Option.orElse(unschedulable, () => Option.map(waiting, ({ message, reason }) => `${reason} ${message}`))
    )
  )
  return failed(
    `cluster: no pod of the Job could be started in ${waited}: ${Option.getOrElse(why, () => "no reason is known")}`,
    { retryable: true }
  )
}

/** What ended it came from outside, and says nothing about the job: the signals to die and to stop. */
const killed = (code: number): boolean => code === 137 || code === 143

const podFailure = ({ exit, failure, name }: KubePod): Failed => {
  if (Option.exists(exit, ({ reason }) => reason === "OOMKilled")) {
    return failed(`memory: pod ${name} ran out of memory: raise kubernetes.resources.limits.memory`, {
      retryable: true
    })
  }
  if (Option.isSome(failure)) {
    const { message, reason } = failure.value
    return failed(`evicted: pod ${name}: ${reason}: ${message}`, { retryable: true, lost: true })
  }
  return Option.match(exit, {
    onNone: () => failed(`pod: ${name} ended without a word`, { retryable: true, lost: true }),
    onSome: ({ code, message, reason }) =>
      failed(`pod: ${name} ended with exit code ${code} (${reason}) and left no result: ${message}`, {
        retryable: true,
        ...(killed(code) ? { lost: true } : {})
      })
  })
}

/** Why a Job failed that left no result. */
export const failureOf = ({ gone, job, pods }: Sight, deadline: Duration.Duration): Failed => {
  const end = Option.flatMap(job, ({ end }) => end)
  if (Option.exists(end, ({ reason }) => reason === "DeadlineExceeded")) return tooLong(deadline)
  const last = pods.findLast(({ exit, failure }) => Option.isSome(exit) || Option.isSome(failure))
  if (last !== undefined) return podFailure(last)
  if (Option.isNone(end) && gone) return failed("pod: somebody deleted the Job", { retryable: true, lost: true })
  return Option.match(end, {
    onNone: () => failed("pod: the Job failed", { retryable: true, lost: true }),
    onSome: ({ message, reason }) =>
      failed(`pod: the Job failed: ${reason}: ${message}`, { retryable: true, lost: true })
  })
}
