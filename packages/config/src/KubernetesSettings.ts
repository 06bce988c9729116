import type { Duration, Option } from "effect"
import type { Affinity, Toleration } from "./PodScheduling.ts"

/** CPU and memory in Kubernetes' notation; absent fields are not set. */
export interface ResourceSettings {
  readonly cpu: Option.Option<string>
  readonly memory: Option.Option<string>
}

/** An entry of a Secret, and whether a pod cannot start without it. */
export interface SecretVariable {
  readonly name: string
  readonly required: boolean
}

/** Settings of a review's Kubernetes Job. */
export interface KubernetesSettings {
  readonly image: string
  readonly namespace: string
  readonly serviceAccount: Option.Option<string>
  readonly imagePullPolicy: Option.Option<"Always" | "Never" | "IfNotPresent">
  readonly backoffLimit: number
  readonly activeDeadline: Duration.Duration
  readonly ttlAfterFinished: Duration.Duration
  /** The Secrets that a pod's variables come from. */
  readonly envFromSecrets: ReadonlyArray<string>
  /** The entries of those Secrets that a review may need, each by the name of its variable. */
  readonly secretVariables: ReadonlyArray<SecretVariable>
  /** Further settings for the pod, by variable. They hold no secret, and no URL with one. */
  readonly environment: Readonly<Record<string, string>>
  readonly requests: ResourceSettings
  readonly limits: ResourceSettings
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly priorityClass: Option.Option<string>
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly tolerations: ReadonlyArray<Toleration>
  readonly affinity: Option.Option<Affinity>
  readonly runtimeClass: Option.Option<string>
  readonly imagePullSecrets: ReadonlyArray<string>
  /** The LocalQueue of Kueue that admits the Jobs; `{owner}` in it is the repository's owner. */
  readonly queue: Option.Option<string>
}
