import type { V1Container, V1Job, V1PodSpec } from "@kubernetes/client-node"
import { randomBytes } from "node:crypto"
import { type KubeJobObject, newMetadata } from "./KubeStore.ts"

/*
 * Defaults that an API server fills into a Job.
 */

const suffixLetters = "bcdfghjklmnpqrstvwxz2456789"

/** Five letters, as the server puts them behind a `generateName`. */
export const nameSuffix = (): string =>
  [...randomBytes(5)].map((byte) => suffixLetters[byte % suffixLetters.length]).join("")

const container = (given: V1Container): V1Container => ({
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  imagePullPolicy: /:latest$|^[^:]*$/.test(given.image ?? "") ? "Always" : "IfNotPresent",
  resources: {},
  ...given
})

const podSpec = (given: V1PodSpec): V1PodSpec => ({
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
  ...given,
  ...(given.initContainers === undefined ? {} : { initContainers: given.initContainers.map(container) }),
  containers: given.containers.map(container),
  // The old name of the field is kept beside it.
  ...(given.serviceAccountName === undefined ? {} : { serviceAccount: given.serviceAccountName })
})

/** A Job as the server stores it. */
export const withDefaults = ({ metadata, spec }: V1Job, namespace: string): KubeJobObject => {
  const name = metadata?.name ?? `${metadata?.generateName ?? ""}${nameSuffix()}`
  const meta = newMetadata({
    name,
    ...(metadata?.generateName === undefined ? {} : { generateName: metadata.generateName }),
    namespace,
    ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
    ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations })
  })
  const template = spec?.template ?? {}
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: meta,
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: spec?.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed",
      selector: { matchLabels: { "batch.kubernetes.io/controller-uid": meta.uid } },
      ...spec,
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          labels: {
            ...template.metadata?.labels,
            "batch.kubernetes.io/controller-uid": meta.uid,
            "batch.kubernetes.io/job-name": name,
            "controller-uid": meta.uid,
            "job-name": name
          }
        },
        spec: podSpec(template.spec ?? { containers: [] })
      }
    },
    status: {}
  }
}
