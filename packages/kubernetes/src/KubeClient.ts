import { Context, type Duration, type Effect, type Option, Schema, type Stream } from "effect"
import type { JobManifest } from "./JobManifest.ts"
import type { KubeError } from "./KubeError.ts"
import type { KubeJob, KubePod } from "./KubeObjects.ts"

/** A list, and the version of the cluster's state that it shows: where a watch goes on. */
export interface ObjectList<A> {
  readonly items: ReadonlyArray<A>
  readonly version: string
}

/** One event of a watch. `version`: where another watch goes on after it. */
export type WatchEvent<A> =
  | { readonly _tag: "Changed"; readonly item: A; readonly version: string }
  | { readonly _tag: "Removed"; readonly item: A; readonly version: string }
  /** Nothing happened, up to here. */
  | { readonly _tag: "Progress"; readonly version: string }

/** Objects of one kind, by the labels that select them. */
export interface Watchable<A> {
  /**
   * `cached`: as the API server remembers it, which may be some seconds old and costs its store nothing. Otherwise as it
   * is now, which reads the whole namespace.
   */
  list(selector: string, cached: boolean): Effect.Effect<ObjectList<A>, KubeError>
  /** What happens after `version`. Ends when the server has had enough of it, which is no error. */
  watch(selector: string, version: string): Stream.Stream<WatchEvent<A>, KubeError>
}

/** The Jobs of one namespace of a cluster. Each call is one request. */
export class KubeClient extends Context.Service<KubeClient, {
  createJob(job: JobManifest): Effect.Effect<KubeJob, KubeError>
  findJob(name: string): Effect.Effect<Option.Option<KubeJob>, KubeError>
  /** Asks for its end. It is there until its pods are gone; one that is not there is no error. */
  deleteJob(name: string): Effect.Effect<void, KubeError>
  /** How long ago a Job's end was asked for, by the API server's own clock; none if it was not, or the Job is gone. */
  endingFor(name: string): Effect.Effect<Option.Option<Duration.Duration>, KubeError>
  /** What the cluster warns of about a Job: why its pods are refused. Takes the right to list events. */
  warningsOf(name: string): Effect.Effect<ReadonlyArray<string>, KubeError>
  readonly jobs: Watchable<KubeJob>
  readonly pods: Watchable<KubePod>
}>()("@nominal-code/kubernetes/KubeClient") {}

/** There is no cluster to talk to, or no way in. */
export class KubeConfigError extends Schema.TaggedError<KubeConfigError>()("KubeConfigError", {
  message: Schema.String
}) {}
