import type { Job } from "@nominal-code/domain/job/Job"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { createHash } from "node:crypto"

/*
 * Names and labels of a Job in a cluster. Names and the values of labels have at most 63 characters of a small alphabet
 * there; a pull request's repository may have any number of them.
 */

const longest = 63

const hash = (text: string, length: number): string => createHash("sha256").update(text).digest("hex").slice(0, length)

const slug = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "")

/** Makes a label value of a text. A long text is cut and gets a hash. */
export const labelValue = (text: string): string => {
  const value = slug(text)
  return value.length <= longest ? value : `${value.slice(0, longest - 9).replace(/-+$/, "")}-${hash(text, 8)}`
}

/**
 * Name of a run's Job: pull request, job id and run number. The same run has the same name in every process, so
 * Kubernetes refuses a second Job for it.
 */
export const kubeJobName = ({ event: { pullRequest }, id }: Job, run: number): string => {
  const tail = `${pullRequest.number}-${id}-${run}`
  const room = longest - `nominal-code--${tail}`.length
  const repo = room > 0 ? slug(pullRequest.repo).slice(0, room).replaceAll(/^-+|-+$/g, "") : ""
  return ["nominal-code", ...(repo === "" ? [] : [repo]), tail].join("-")
}

/** Label value of a lane: a hash, because the key may be longer than a label. */
export const laneLabel = (lane: Lane): string => hash(laneKey(lane), 40)

const own = { "app.kubernetes.io/name": "nominal-code", "app.kubernetes.io/component": "job" }

const selectorOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(",")

const jobIdLabel = "nominal-code/job-id"

/** The labels of a run's Job and of its pods. */
export const kubeJobLabels = (job: Job, run: number): Record<string, string> => {
  const { number, platform, repo } = job.event.pullRequest
  return {
    ...own,
    "nominal-code/platform": platform,
    "nominal-code/repo": labelValue(repo),
    "nominal-code/pr-number": String(number),
    "nominal-code/lane": laneLabel(job.lane),
    [jobIdLabel]: job.id,
    "nominal-code/run": String(run)
  }
}

/** Selector of all our Jobs and their pods. */
export const everyKubeJob = selectorOf(own)

/** The labels that all Jobs of one lane have. */
export const laneLabels = (lane: Lane): Record<string, string> => ({ ...own, "nominal-code/lane": laneLabel(lane) })

/** The labels that the Jobs of all runs of a job have. */
export const kubeJobsOfLabels = ({ id, lane }: Job): Record<string, string> => ({
  ...laneLabels(lane),
  [jobIdLabel]: id
})

/** Kueue's label of the LocalQueue that admits a Job. */
export const queueLabel = "kueue.x-k8s.io/queue-name"

/** LocalQueue of a job. `{owner}` in the configured name stands for the repository's owner. */
export const queueName = (name: string, { event: { pullRequest } }: Job): string =>
  labelValue(name.replaceAll("{owner}", slug(pullRequest.repo.split("/")[0] ?? "")))

/** Annotation of the instant at which a Job's job arrived, in milliseconds since the epoch. */
export const receivedAtAnnotation = "nominal-code/received-at"

/** Annotations of a run's Job: values that are too long for a label. */
export const kubeJobAnnotations = ({ delivery, lane, receivedAt }: Job): Record<string, string> => ({
  "nominal-code/lane-key": laneKey(lane),
  "nominal-code/delivery": delivery,
  [receivedAtAnnotation]: String(receivedAt)
})
