import type { Affinity, Toleration } from "@nominal-code/config/PodScheduling"

/** A variable of a container: its text, or the entry of a Secret that holds it. */
export interface EnvironmentVariable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional?: boolean }
  }
}

/** A container of a review's pod. */
export interface ContainerManifest {
  readonly name: string
  /** `Always`: of an init container that goes on beside the others, and is ended after them. */
  readonly restartPolicy?: "Always"
  readonly image: string
  readonly imagePullPolicy?: string
  readonly args: Array<string>
  readonly terminationMessagePolicy: string
  readonly env: Array<EnvironmentVariable>
  /** CPU and memory, in Kubernetes' notation. */
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> }
  readonly securityContext: {
    readonly readOnlyRootFilesystem: boolean
    readonly runAsNonRoot: boolean
    readonly runAsUser: number
    readonly allowPrivilegeEscalation: boolean
    readonly capabilities: { readonly drop: Array<string> }
    readonly seccompProfile: { readonly type: string }
  }
  readonly volumeMounts: Array<{ readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }>
}

/** Fields of a pod about its nodes, its priority and its runtime. */
export interface SchedulingManifest {
  readonly priorityClassName?: string
  readonly runtimeClassName?: string
  readonly affinity?: Affinity
  readonly nodeSelector?: Record<string, string>
  readonly tolerations?: Array<Toleration>
  readonly imagePullSecrets?: Array<{ readonly name: string }>
}

/** A review's pod. */
export interface PodManifest extends SchedulingManifest {
  readonly restartPolicy: string
  readonly automountServiceAccountToken: boolean
  readonly enableServiceLinks: boolean
  readonly serviceAccountName?: string
  readonly securityContext: {
    readonly runAsNonRoot: boolean
    readonly runAsUser: number
    readonly runAsGroup: number
    readonly fsGroup: number
    readonly seccompProfile: { readonly type: string }
  }
  readonly initContainers?: Array<ContainerManifest>
  readonly containers: Array<ContainerManifest>
  readonly volumes: Array<
    & { readonly name: string }
    & (
      | { readonly emptyDir: { readonly sizeLimit: string; readonly medium?: "Memory" } }
      | {
        readonly configMap: {
          readonly name: string
          readonly items: Array<{ readonly key: string; readonly path: string }>
        }
      }
    )
  >
}

/** The manifest of a review's Kubernetes Job: the JSON that is sent to the API server. */
export interface KubeJobManifest {
  readonly apiVersion: "batch/v1"
  readonly kind: "Job"
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels: Record<string, string>
    readonly annotations: Record<string, string>
  }
  readonly spec: {
    readonly suspend?: boolean
    readonly backoffLimit: number
    readonly activeDeadlineSeconds: number
    readonly ttlSecondsAfterFinished: number
    readonly podFailurePolicy: {
      readonly rules: Array<{
        readonly action: string
        readonly onPodConditions: Array<{ readonly type: string; readonly status: string }>
      }>
    }
    readonly podReplacementPolicy: string
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> }
      readonly spec: PodManifest
    }
  }
}
