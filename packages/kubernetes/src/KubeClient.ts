import { Context, type Duration, type Effect, type Option, Schema, type Stream } from "effect"
import type { KubeError } from "./KubeError.ts"
import type { KubeJobManifest } from "./KubeJobManifest.ts"
import type { KubeJob, KubePod } from "./KubeObjects.ts"

/** A list of objects, and the version of the cluster's state that it shows, from which a watch continues. */
export interface ObjectList<A> {
  readonly items: ReadonlyArray<A>
  readonly version: string
}

/** An event of a watch. `version`: the point from which another watch continues. */
export type WatchEvent<A> =
  /** The API server has taken the request, and tells what happens from now on. */
  | { readonly _tag: "Opened" }
  | { readonly _tag: "Changed"; readonly item: A; readonly version: string }
  | { readonly _tag: "Removed"; readonly item: A; readonly version: string }
  /** Bookmark: nothing has happened up to this version. */
  | { readonly _tag: "Progress"; readonly version: string }

/** List and watch of the objects of one kind, by labels. */
export interface ListerWatcher<A> {
  /**
   * Lists objects. `cached`: from the API server's memory, which may be some seconds old and costs its store nothing.
   * Otherwise the present state, which reads the whole namespace.
   */
  list(selector: string, cached: boolean): Effect.Effect<ObjectList<A>, KubeError>
  /** Watches the changes after `version`. The stream ends when the server closes it, which is no error. */
  watch(selector: string, version: string): Stream.Stream<WatchEvent<A>, KubeError>
}

/** The Jobs of one namespace of a cluster. Each call is one request. */
export class KubeClient extends Context.Service<KubeClient, {
  createJob(job: KubeJobManifest): Effect.Effect<KubeJob, KubeError>
  findJob(name: string): Effect.Effect<Option.Option<KubeJob>, KubeError>
  /** Deletes a Job, which exists until its pods are gone. An absent Job is no error. */
  deleteJob(name: string): Effect.Effect<void, KubeError>
  /**
   * Time since a Job's deletion was requested, by the API server's clock; none if it was not requested, or the Job is
   * gone.
   */
  endingFor(name: string): Effect.Effect<Option.Option<Duration.Duration>, KubeError>
  /** Warnings of the cluster about a Job: why its pods are refused; or about a pod. Requires the right to list events. */
  warningsOf(name: string, kind?: "Job" | "Pod"): Effect.Effect<ReadonlyArray<string>, KubeError>
  readonly jobs: ListerWatcher<KubeJob>
  readonly pods: ListerWatcher<KubePod>
}>()("@nominal-code/kubernetes/KubeClient") {}

/** Raised if there is no cluster, or no access to it. */
export class KubeConfigError extends Schema.TaggedError<KubeConfigError>()("KubeConfigError", {
  message: Schema.String
}) {}
