import type { V1Job, V1PodSpec } from "@kubernetes/client-node"
import { amountOf } from "@nominal-code/kubernetes/Quantity"
import { hasEnded, isFinished } from "./KubeConditions.ts"
import type { Refusal } from "./KubeRefusal.ts"
import type { KubeStore } from "./KubeStore.ts"
import { violations } from "./PodSecurity.ts"

/** Admission rules of a namespace of an emulated cluster. It may change while the cluster runs. */
export interface Namespace {
  /** Its pods have to keep the restricted profile of the Pod Security Standards. */
  readonly restricted?: boolean
  /** A ResourceQuota: how many Jobs that have not ended, and how many pods. */
  readonly quota?: { readonly name: string; readonly jobs?: number; readonly pods?: number }
  /** A LimitRange: the largest limit of memory of a container. */
  readonly largestMemory?: string
  /** It has been deleted, and takes nothing new. */
  readonly terminating?: boolean
}

const exceeded = (quota: string, resource: string, used: number, limited: number): string =>
  `exceeded quota: ${quota}, requested: ${resource}=1, used: ${resource}=${used}, limited: ${resource}=${limited}`

const profile = "violate PodSecurity \"restricted:latest\""

/** Warnings for a new Job whose pods will not be admitted. */
export const warnedOf = ({ restricted }: Namespace, { spec }: V1Job): ReadonlyArray<string> => {
  const broken = restricted === true && spec?.template.spec ? violations(spec.template.spec) : []
  return broken.length === 0 ? [] : [`would ${profile}: ${broken.join(", ")}`]
}

/** Reason why a namespace takes no more Jobs. */
export const refusedJob = (
  store: KubeStore,
  namespace: string,
  { quota, terminating }: Namespace,
  name: string
): Refusal | undefined => {
  const forbidden = (message: string, causes?: ReadonlyArray<object>): Refusal => ({
    code: 403,
    reason: "Forbidden",
    message: `jobs.batch "${name}" is forbidden: ${message}`,
    details: { name, group: "batch", kind: "jobs", ...(causes === undefined ? {} : { causes }) }
  })
  if (terminating === true) {
    return forbidden(`unable to create new content in namespace ${namespace} because it is being terminated`, [{
      reason: "NamespaceTerminating",
      message: `namespace ${namespace} is being terminated`,
      field: "metadata.namespace"
    }])
  }
  const used = store.jobs().filter((job) => job.metadata.namespace === namespace && !isFinished(job)).length
  return quota?.jobs !== undefined && used >= quota.jobs
    ? forbidden(exceeded(quota.name, "count/jobs.batch", used, quota.jobs))
    : undefined
}

/** Reason why a namespace does not admit a pod; undefined where it does. */
export const refusedPod = (
  store: KubeStore,
  namespace: string,
  { largestMemory, quota, restricted }: Namespace,
  pod: V1PodSpec
): string | undefined => {
  const broken = restricted === true ? violations(pod) : []
  if (broken.length > 0) return `${profile.replace("violate", "violates")}: ${broken.join(", ")}`
  const memory = [...pod.initContainers ?? [], ...pod.containers].map(({ resources }) =>
    resources?.limits?.["memory"] ?? "0"
  )
  const large = memory.find((limit) => largestMemory !== undefined && amountOf(limit) > amountOf(largestMemory))
  if (large !== undefined) return `maximum memory usage per Container is ${largestMemory}, but limit is ${large}`
  const used = store.pods().filter((one) => one.metadata.namespace === namespace && !hasEnded(one)).length
  return quota?.pods !== undefined && used >= quota.pods ? exceeded(quota.name, "pods", used, quota.pods) : undefined
}
