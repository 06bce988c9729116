import { type Namespace, refusedPod } from "./KubeAdmission.ts"
import { nameSuffix } from "./KubeDefaults.ts"
import {
  type KubeEventObject,
  type KubeJobObject,
  type KubePodObject,
  type KubeStore,
  newMetadata,
  timestamp
} from "./KubeStore.ts"

/** The finalizer that holds a pod until its Job has counted how it ended. */
export const tracking = "batch.kubernetes.io/job-tracking"

const addEvent = (store: KubeStore, job: KubeJobObject, reason: string, message: string) => {
  const { name, namespace, uid } = job.metadata
  store.put<KubeEventObject>({
    apiVersion: "v1",
    kind: "Event",
    metadata: newMetadata({ name: `${name}.${nameSuffix()}${nameSuffix()}`, namespace }),
    involvedObject: { kind: "Job", namespace, name, uid },
    type: "Warning",
    reason,
    message,
    count: 1,
    source: { component: "job-controller" },
    firstTimestamp: timestamp(),
    lastTimestamp: timestamp()
  })
}

/** Adds a Job's next pod. Where its namespace does not take it, an event says why, and nothing is answered. */
export const addPod = (
  store: KubeStore,
  job: KubeJobObject,
  rules: Namespace
): KubePodObject | undefined => {
  const { metadata: { annotations = {}, labels = {} } = {}, spec = { containers: [] } } = job.spec.template
  const { name, namespace, uid } = job.metadata
  const podName = `${name}-${nameSuffix()}`
  const refusal = refusedPod(store, namespace, rules, spec)
  if (refusal !== undefined) {
    addEvent(store, job, "FailedCreate", `Error creating: pods "${podName}" is forbidden: ${refusal}`)
    return undefined
  }
  return store.put<KubePodObject>({
    apiVersion: "v1",
    kind: "Pod",
    metadata: newMetadata({
      name: podName,
      generateName: `${name}-`,
      namespace,
      labels,
      annotations,
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name, uid, controller: true, blockOwnerDeletion: true }],
      finalizers: [tracking]
    }),
    spec: { ...spec },
    status: { phase: "Pending", qosClass: "Burstable" }
  })
}
