import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import type { Job } from "@nominal-code/domain/job/Job"
import { Duration, Option, type Redacted } from "effect"
import * as Authorities from "./Authorities.ts"
import * as IsolatedContainers from "./IsolatedContainers.ts"
import type { KubeJobManifest, PodManifest, SchedulingManifest } from "./KubeJobManifest.ts"
import { kubeJobAnnotations, kubeJobLabels, kubeJobName, queueLabel, queueName } from "./Names.ts"
import * as ReviewContainer from "./ReviewContainer.ts"

/** Template of the Jobs of one server. */
export interface KubeJobTemplate {
  readonly kubernetes: KubernetesSettings
  readonly redis: { readonly url: Redacted.Redacted }
}

/** One run of a job: `payload` is its JSON, or the reference to it where it is too long for a variable. */
export interface RunOfJob {
  readonly job: Job
  /** Its number over the job's whole life. */
  readonly run: number
  readonly payload: string
}

// Linux takes 131,072 bytes for one variable, its name included. The rest is reserve for whoever adds to it.
const inlineBytes = 100 * 1024

/** True if a payload is small enough for the Job itself. */
export const fitsInline = (payload: string): boolean => new TextEncoder().encode(payload).length <= inlineBytes

/** Scheduling fields of the pod. Fields that are not set are left out. */
const scheduling = (
  { affinity, imagePullSecrets, nodeSelector, priorityClass, runtimeClass, tolerations }: KubernetesSettings
): SchedulingManifest => ({
  ...(Option.isSome(priorityClass) ? { priorityClassName: priorityClass.value } : {}),
  ...(Option.isSome(runtimeClass) ? { runtimeClassName: runtimeClass.value } : {}),
  ...(Option.isSome(affinity) ? { affinity: affinity.value } : {}),
  ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
  ...(tolerations.length === 0 ? {} : { tolerations: [...tolerations] }),
  ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) })
})

const podSpec = (template: KubeJobTemplate, payload: string): PodManifest => {
  const { kubernetes } = template
  const { serviceAccount } = kubernetes
  const { volumes, ...containers } = kubernetes.isolation === "strict"
    ? IsolatedContainers.make(template, payload)
    : { containers: [ReviewContainer.make(template, payload)], volumes: ReviewContainer.volumes }
  return {
    ...scheduling(kubernetes),
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    // Without them, the addresses of all services of the namespace would stand in the environment.
    enableServiceLinks: false,
    ...(Option.isSome(serviceAccount) ? { serviceAccountName: serviceAccount.value } : {}),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: "RuntimeDefault" }
    },
    ...containers,
    volumes: [...volumes, ...Authorities.volumes(kubernetes)]
  }
}

/** The Kubernetes Job of one run. The same run gives the same Job, name and all. */
export const make = (template: KubeJobTemplate, { job, payload, run }: RunOfJob): KubeJobManifest => {
  const { activeDeadline, backoffLimit, namespace, ttlAfterFinished } = template.kubernetes
  const labels = { ...template.kubernetes.labels, ...kubeJobLabels(job, run) }
  const annotations = { ...template.kubernetes.annotations, ...kubeJobAnnotations(job) }
  const queue = Option.map(template.kubernetes.queue, (name) => queueName(name, job))
  const queued = Option.isSome(queue) ? { [queueLabel]: queue.value } : {}
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: kubeJobName(job, run), namespace, labels: { ...labels, ...queued }, annotations },
    spec: {
      // The queue lets it begin.
      ...(Option.isSome(queue) ? { suspend: true } : {}),
      backoffLimit,
      activeDeadlineSeconds: Duration.toSeconds(activeDeadline),
      ttlSecondsAfterFinished: Duration.toSeconds(ttlAfterFinished),
      // A pod that its node evicts is started again, and is no failed try.
      podFailurePolicy: {
        rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }]
      },
      // And not before the other one is gone: two of them would review the same pull request.
      podReplacementPolicy: "Failed",
      template: { metadata: { labels, annotations }, spec: podSpec(template, payload) }
    }
  }
}
