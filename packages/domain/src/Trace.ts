import { Effect, Option, Schema, Tracer } from "effect"

/** Trace and parent span in the form of W3C's header `traceparent`, in its version 00. */
export const Traceparent = Schema.String.check(
  Schema.isPattern(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/)
).pipe(Schema.brand("Traceparent"))
export type Traceparent = typeof Traceparent.Type

const decode = Schema.decodeOption(Traceparent)

/** The present span; none without one, or if its tracer names spans in another way. */
export const currentTraceparent: Effect.Effect<Option.Option<Traceparent>> = Effect.map(
  Effect.option(Effect.currentParentSpan),
  Option.flatMap(({ sampled, spanId, traceId }) => decode(`00-${traceId}-${spanId}-0${sampled ? 1 : 0}`))
)

const spanOf = (traceparent: Traceparent): Tracer.ExternalSpan => {
  const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-")
  return Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}

/** Continues the trace in which a job was accepted, in whichever process; log lines name it. */
export const inTraceOf = (job: { readonly traceparent?: Traceparent }) =>
<A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  if (job.traceparent === undefined) return effect
  const span = spanOf(job.traceparent)
  return effect.pipe(Effect.withParentSpan(span), Effect.annotateLogs({ trace: span.traceId }))
}
