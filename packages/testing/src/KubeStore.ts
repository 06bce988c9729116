import type { V1JobSpec, V1PodSpec } from "@kubernetes/client-node"
import { DateTime } from "effect"
import { randomUUID } from "node:crypto"

/** Fields that every object of a cluster has. */
export interface Metadata {
  readonly name: string
  readonly generateName?: string
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  /** Number of changes of its specification. */
  readonly generation: number
  readonly creationTimestamp: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly finalizers?: ReadonlyArray<string>
  readonly ownerReferences?: ReadonlyArray<OwnerReference>
}

/** The object that an object belongs to, and is deleted with. */
interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: boolean
  readonly blockOwnerDeletion: boolean
}

/** A condition of an object's status. */
export interface Condition {
  readonly type: string
  readonly status: "True" | "False"
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime: string
}

/** A Job with the state that the cluster keeps of it. */
export interface KubeJobObject {
  readonly apiVersion: "batch/v1"
  readonly kind: "Job"
  readonly metadata: Metadata
  readonly spec: V1JobSpec
  readonly status: {
    readonly startTime?: string
    readonly completionTime?: string
    readonly active?: number
    readonly ready?: number
    readonly terminating?: number
    readonly uncountedTerminatedPods?: {
      readonly succeeded?: ReadonlyArray<string>
      readonly failed?: ReadonlyArray<string>
    }
    readonly succeeded?: number
    readonly failed?: number
    readonly conditions?: ReadonlyArray<Condition>
  }
}

/** End of a container. */
export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly reason: string
    readonly message?: string
    readonly startedAt: string
    readonly finishedAt: string
  }
}

/** A container, as its pod's status tells of it. */
export interface ContainerStatus {
  readonly name: string
  readonly state: ContainerState
  readonly lastState: object
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  readonly image: string
  readonly imageID: string
}

/** A pod with the state that its node keeps of it. */
export interface KubePodObject {
  readonly apiVersion: "v1"
  readonly kind: "Pod"
  readonly metadata: Metadata
  readonly spec: V1PodSpec
  readonly status: {
    readonly phase: "Pending" | "Running" | "Succeeded" | "Failed"
    readonly reason?: string
    readonly message?: string
    readonly startTime?: string
    readonly qosClass?: string
    readonly conditions?: ReadonlyArray<Condition>
    readonly containerStatuses?: ReadonlyArray<ContainerStatus>
  }
}

/** Something that a controller tells people about an object: why no pod of a Job comes, for instance. */
export interface KubeEventObject {
  readonly apiVersion: "v1"
  readonly kind: "Event"
  readonly metadata: Metadata
  readonly involvedObject: {
    readonly kind: string
    readonly namespace: string
    readonly name: string
    readonly uid: string
  }
  readonly type: "Normal" | "Warning"
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly source: { readonly component: string }
  readonly firstTimestamp: string
  readonly lastTimestamp: string
}

export type KubeObject = KubeJobObject | KubePodObject | KubeEventObject

/** Something that happened to an object. */
export interface KubeEvent {
  readonly version: number
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly object: KubeObject
}

/** The machine's time, as clusters write it. */
export const timestamp = (): string => DateTime.formatIso(DateTime.nowUnsafe()).replace(/\.\d+Z$/, "Z")

const keyOf = ({ kind, metadata: { name, namespace } }: KubeObject): string => `${kind}/${namespace}/${name}`

/** Metadata of an object that is new to the cluster. */
export const newMetadata = (given: Pick<Metadata, "name" | "namespace"> & Partial<Metadata>): Metadata => ({
  labels: {},
  annotations: {},
  ...given,
  uid: randomUUID(),
  resourceVersion: "0",
  generation: 1,
  creationTimestamp: timestamp()
})

/** The objects of an emulated cluster, with everything that happened to them, in one order. */
export class KubeStore {
  #version = 1000
  #objects = new Map<string, KubeObject>()
  #listeners = new Set<(event: KubeEvent) => void>()
  #log: Array<KubeEvent> = []
  /** Nobody can watch from before this version any more. */
  floor = 1000

  get version(): number {
    return this.#version
  }

  /** Discards the log: a watch from an older version has to list again. */
  compact(): void {
    this.#log = []
    this.floor = this.#version
  }

  since(version: number): ReadonlyArray<KubeEvent> {
    return this.#log.filter((event) => event.version > version)
  }

  listen(listener: (event: KubeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  job(namespace: string, name: string): KubeJobObject | undefined {
    const found = this.#objects.get(`Job/${namespace}/${name}`)
    return found?.kind === "Job" ? found : undefined
  }

  pod(namespace: string, name: string): KubePodObject | undefined {
    const found = this.#objects.get(`Pod/${namespace}/${name}`)
    return found?.kind === "Pod" ? found : undefined
  }

  jobs(): ReadonlyArray<KubeJobObject> {
    return [...this.#objects.values()].filter((object) => object.kind === "Job")
  }

  pods(): ReadonlyArray<KubePodObject> {
    return [...this.#objects.values()].filter((object) => object.kind === "Pod")
  }

  events(): ReadonlyArray<KubeEventObject> {
    return [...this.#objects.values()].filter((object) => object.kind === "Event")
  }

  /** The pods that belong to a Job. */
  podsOf({ metadata: { uid } }: KubeJobObject): ReadonlyArray<KubePodObject> {
    return this.pods().filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
  }

  /** Adds or replaces an object: it gets the next version, and everybody who watches is told. */
  put<A extends KubeObject>(object: A): A {
    const key = keyOf(object)
    const type = this.#objects.has(key) ? "MODIFIED" : "ADDED"
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    this.#objects.set(key, stored)
    this.#tell({ type, version: this.#version, object: stored })
    return stored
  }

  remove(object: KubeObject): void {
    const key = keyOf(object)
    const last = this.#objects.get(key)
    if (last === undefined) return
    this.#objects.delete(key)
    const gone = { ...last, metadata: { ...last.metadata, resourceVersion: String(++this.#version) } }
    this.#tell({ type: "DELETED", version: this.#version, object: gone })
  }

  /**
   * Marks an object for deletion, with the seconds that it is given to end. It is gone at once where it gets none and
   * no finalizer holds it.
   */
  delete<A extends KubeObject>(object: A, graceSeconds: number, finalizer?: string): A {
    const { deletionTimestamp, finalizers = [], generation } = object.metadata
    const held = finalizer === undefined ? finalizers : [...finalizers, finalizer]
    const marked = this.put({
      ...object,
      metadata: {
        ...object.metadata,
        ...(held.length === 0 ? {} : { finalizers: held }),
        generation: deletionTimestamp === undefined ? generation + 1 : generation,
        deletionTimestamp: deletionTimestamp ?? timestamp(),
        deletionGracePeriodSeconds: graceSeconds
      }
    })
    if (graceSeconds === 0 && held.length === 0) this.remove(marked)
    return marked
  }

  /** Takes a finalizer from an object. One that was only held by it is gone. */
  release(object: KubeObject, finalizer: string): void {
    const { finalizers = [], ...metadata } = object.metadata
    if (!finalizers.includes(finalizer)) return
    const left = finalizers.filter((one) => one !== finalizer)
    if (left.length === 0 && metadata.deletionGracePeriodSeconds === 0) return this.remove(object)
    this.put({ ...object, metadata: { ...metadata, ...(left.length === 0 ? {} : { finalizers: left }) } })
  }

  #tell(event: KubeEvent): void {
    this.#log.push(event)
    for (const listener of this.#listeners) listener(event)
  }
}
