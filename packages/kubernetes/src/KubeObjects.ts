import { Option, Schema } from "effect"
import { publisher } from "./IsolatedContainers.ts"

/*
 * Schemas of the cluster's objects, with the fields that we read. Their wire form is Kubernetes' own.
 */

/** A kube job as the cluster shows it now. */
export interface KubeJob {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** True if it has been deleted, and exists until its pods are gone. */
  readonly deleting: boolean
  /** True if it must have no pods: its queue has not admitted it yet, or has preempted it. */
  readonly suspended: boolean
  /** True if the cluster has begun to make pods for it. */
  readonly started: boolean
  /** Number of its pods that have not ended. */
  readonly active: number
  /** True if a pod of it runs. */
  readonly running: boolean
  /** End of the Job; none before. */
  readonly end: Option.Option<{ readonly succeeded: boolean; readonly reason: string; readonly message: string }>
}

/** Reason and message of a pod that is not simply running. */
export interface PodProblem {
  readonly reason: string
  readonly message: string
}

/** A pod as the cluster shows it now. */
export interface KubePod {
  readonly name: string
  /** Name of its Job. */
  readonly job: string
  /** Node of the pod; none while it is not scheduled. */
  readonly node: Option.Option<string>
  readonly phase: string
  /** Reason why it failed as a whole, or was ended: evicted, deleted, its node shut down. */
  readonly failure: Option.Option<PodProblem>
  /** Reason why no node takes it. */
  readonly unschedulable: Option.Option<string>
  /** Reason why one of its containers does not start. */
  readonly waiting: Option.Option<PodProblem>
  /** End of the container that reviews, and its last output. */
  readonly exit: Option.Option<PodProblem & { readonly code: number }>
}

const optional = <S extends Schema.Top>(schema: S) => Schema.optional(Schema.NullOr(schema))
const text = optional(Schema.String)
const labels = optional(Schema.Record(Schema.String, Schema.String))

const metadata = Schema.Struct({
  name: Schema.String,
  labels,
  annotations: labels,
  resourceVersion: text,
  deletionTimestamp: optional(Schema.Unknown)
})

const conditions = optional(Schema.Array(
  Schema.Struct({ type: Schema.String, status: Schema.String, reason: text, message: text })
))

export const WireKubeJob = Schema.Struct({
  metadata,
  spec: optional(Schema.Struct({ suspend: optional(Schema.Boolean) })),
  status: optional(
    Schema.Struct({
      ready: optional(Schema.Int),
      active: optional(Schema.Int),
      startTime: optional(Schema.Unknown),
      conditions
    })
  )
})

const containerState = Schema.Struct({
  waiting: optional(Schema.Struct({ reason: text, message: text })),
  terminated: optional(Schema.Struct({ exitCode: Schema.Int, reason: text, message: text }))
})

const containerStatuses = optional(Schema.Array(Schema.Struct({ name: text, state: optional(containerState) })))

export const WirePod = Schema.Struct({
  metadata,
  spec: optional(Schema.Struct({ nodeName: text })),
  status: optional(Schema.Struct({
    phase: text,
    reason: text,
    message: text,
    conditions,
    initContainerStatuses: containerStatuses,
    containerStatuses
  }))
})

const trouble = (
  { message, reason }: { readonly reason?: string | null | undefined; readonly message?: string | null | undefined }
): PodProblem => ({
  reason: reason ?? "",
  message: message ?? ""
})

/** An event of the cluster about one of its objects. */
export const WireEvent = Schema.Struct({ message: text, reason: text, type: text })

/** Reasons of events about an image, which a node asks for once all volumes of the pod are there. */
const ofImages: ReadonlySet<unknown> = new Set(["Pulling", "Pulled"])

/** The warnings among the events about an object. Of a pod whose volumes are there by now, those about them are over. */
export const warningsIn = (events: ReadonlyArray<typeof WireEvent.Type>): ReadonlyArray<string> => {
  const isMounted = events.some(({ reason }) => ofImages.has(reason))
  return events.flatMap(({ message, reason, type }) =>
    type !== "Warning" || (isMounted && reason === "FailedMount") ? [] : message ?? []
  )
}

export const kubeJobOf = ({ metadata, spec, status }: typeof WireKubeJob.Type): KubeJob => {
  const end = status?.conditions?.find(({ status, type }) => status === "True" && /^(?:Complete|Failed)$/.test(type))
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    deleting: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
    suspended: spec?.suspend ?? false,
    started: status?.startTime !== undefined && status.startTime !== null,
    active: status?.active ?? 0,
    running: (status?.ready ?? 0) > 0,
    end: Option.map(Option.fromUndefinedOr(end), (end) => ({ succeeded: end.type === "Complete", ...trouble(end) }))
  }
}

type ContainerStatuses = NonNullable<typeof containerStatuses.Type>

/** True for a container that does not wait for another one of its pod. */
const isOfItself = (waiting: NonNullable<ContainerStatuses[number]["state"]>["waiting"]): boolean =>
  waiting !== undefined && waiting !== null && waiting.reason !== "PodInitializing"

/** End of a pod's containers: of the one that ran out of memory, else of the one that reviews. */
const endOf = (containers: ContainerStatuses) => {
  const ends = containers.map(({ name, state }) => ({ name, end: state?.terminated }))
  const reviewing = ends.find(({ name }) => name === publisher) ?? ends[0]
  return (ends.find(({ end }) => end?.reason === "OOMKilled") ?? reviewing)?.end
}

const deletion = { reason: "Deleted", message: "the pod was deleted" }

export const podOf = (
  { metadata: { deletionTimestamp, labels, name }, spec, status }: typeof WirePod.Type
): KubePod => {
  const all = [...status?.initContainerStatuses ?? [], ...status?.containerStatuses ?? []]
  const waiting = all.map(({ state }) => state?.waiting).find((one) => isOfItself(one))
  const exit = endOf(status?.containerStatuses ?? [])
  const unscheduled = status?.conditions?.find(({ status, type }) => type === "PodScheduled" && status === "False")
  const disrupted = status?.conditions?.find(({ status, type }) => type === "DisruptionTarget" && status === "True")
  const deleted = deletionTimestamp === undefined || deletionTimestamp === null ? undefined : deletion
  const failure = status?.reason ? status : disrupted ?? deleted
  return {
    name,
    job: labels?.["batch.kubernetes.io/job-name"] ?? labels?.["job-name"] ?? "",
    node: Option.filter(Option.fromNullishOr(spec?.nodeName), (node) => node !== ""),
    phase: status?.phase ?? "",
    failure: Option.map(Option.fromNullishOr(failure), trouble),
    unschedulable: Option.map(Option.fromUndefinedOr(unscheduled), ({ message }) => message ?? ""),
    waiting: Option.map(Option.fromNullishOr(waiting), trouble),
    exit: Option.map(Option.fromNullishOr(exit), (end) => ({ code: end.exitCode, ...trouble(end) }))
  }
}
