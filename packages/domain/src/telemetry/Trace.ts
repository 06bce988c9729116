import { Effect, Option, Schema, Tracer } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"

/** Trace and parent span in the form of W3C's header `traceparent`, in its version 00. */
export const Traceparent = Schema.String.check(
  Schema.isPattern(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/)
).pipe(Schema.brand("Traceparent"))
export type Traceparent = typeof Traceparent.Type

// Each delivery has a span.
SchemaJITCompiler.enable(Traceparent.ast)
const decode = Schema.decodeOption(Traceparent)

/** The text form of a span; none if its tracer names spans in another way. */
export const traceparentOf = ({ sampled, spanId, traceId }: Tracer.AnySpan): Option.Option<Traceparent> =>
  decode(`00-${traceId}-${spanId}-0${sampled ? 1 : 0}`)

/** The present span; none without one, or if its tracer names spans in another way. */
export const currentTraceparent: Effect.Effect<Option.Option<Traceparent>> = Effect.map(
  Effect.option(Effect.currentParentSpan),
  Option.flatMap(traceparentOf)
)

const spanOf = (traceparent: Traceparent): Tracer.ExternalSpan => {
  const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-")
  return Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}

/** The span that a header `traceparent` names; none if the header is none. */
export const parentIn = (header: string | undefined): Option.Option<Tracer.ExternalSpan> =>
  header === undefined ? Option.none() : Option.map(decode(header), spanOf)

/** Continues the trace in which a job was accepted, in whichever process; log lines name it. */
export const inTraceOf = (job: { readonly traceparent?: Traceparent }) =>
<A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  if (job.traceparent === undefined) return effect
  const span = spanOf(job.traceparent)
  return effect.pipe(Effect.withParentSpan(span), Effect.annotateLogs({ trace: span.traceId }))
}
