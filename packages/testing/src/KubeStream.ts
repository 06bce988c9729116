import { Schema } from "effect"
import { recording } from "./KubeRecordings.ts"

/*
 * The recorded streams: what a watch of Jobs and a watch of pods told of one Job.
 */

const Condition = Schema.Struct({
  type: Schema.String,
  status: Schema.String,
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String)
})

const count = Schema.optionalKey(Schema.Int)
const uids = Schema.optionalKey(Schema.Array(Schema.String))

/** A Job or a pod as one event of a watch showed it: what the controllers write, and none of what people do. */
const Seen = Schema.Struct({
  kind: Schema.Literals(["Job", "Pod"]),
  metadata: Schema.Struct({
    name: Schema.String,
    resourceVersion: Schema.FiniteFromString,
    deletionGracePeriodSeconds: count,
    finalizers: Schema.optionalKey(Schema.Array(Schema.String)),
    generation: Schema.Int,
    ownerReferences: Schema.optionalKey(Schema.Array(Schema.Unknown))
  }),
  status: Schema.Struct({
    phase: Schema.optionalKey(Schema.String),
    reason: Schema.optionalKey(Schema.String),
    active: count,
    ready: count,
    failed: count,
    succeeded: count,
    terminating: count,
    startTime: Schema.optionalKey(Schema.String),
    completionTime: Schema.optionalKey(Schema.String),
    uncountedTerminatedPods: Schema.optionalKey(Schema.Struct({ failed: uids, succeeded: uids })),
    conditions: Schema.optionalKey(Schema.Array(Condition)),
    containerStatuses: Schema.optionalKey(Schema.Array(Schema.Struct({
      ready: Schema.Boolean,
      state: Schema.Record(
        Schema.String,
        Schema.Struct({
          exitCode: count,
          reason: Schema.optionalKey(Schema.String),
          message: Schema.optionalKey(Schema.String)
        })
      )
    })))
  })
})

/** One event of a watch. */
export const RecordedEvent = Schema.Struct({ type: Schema.String, object: Seen })
export type RecordedEvent = typeof RecordedEvent.Type

/** Events of both watches about one Job, from before its creation on, and the interventions from outside. */
const Stream = Schema.Struct({
  title: Schema.String,
  events: Schema.Array(Schema.Union([RecordedEvent, Schema.Struct({ did: Schema.String })]))
})

const First = Schema.Struct({
  events: Schema.Array(Schema.Struct({
    object: Schema.optionalKey(Schema.Struct({
      kind: Schema.String,
      metadata: Schema.Struct({ name: Schema.String, labels: Schema.Json }),
      spec: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
    }))
  }))
})

/** A stream, with the Job as it was sent: what the server has filled in is left out. */
export const stream = (name: string) => {
  const { events, title } = recording(`stream-${name}`, Stream)
  const object = recording(`stream-${name}`, First).events.find(({ object }) => object?.kind === "Job")?.object
  const { manualSelector: _, selector: __, ...spec } = object?.spec ?? {}
  return {
    title,
    job: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: object?.metadata.name ?? "", labels: object?.metadata.labels ?? {} },
      spec
    },
    told: events.filter((event) => "object" in event),
    did: events.find((event) => "did" in event)
  }
}
