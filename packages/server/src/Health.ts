import { outageReasonOf } from "@nominal-code/domain/job/Failure"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { ServiceBreakers, type ServiceOutage } from "@nominal-code/jobs/run/ServiceBreakers"
import { DateTime, Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"

const health = HttpRouter.add("GET", "/health", HttpServerResponse.jsonUnsafe({ status: "ok" }))

const instant = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** An outage without the failure's detail, which may quote a server: anybody can read this route. */
const outageOf = ({ failure, service, since, until }: ServiceOutage) => ({
  service,
  reason: outageReasonOf(failure),
  since: instant(since),
  until: instant(until)
})

const ready = HttpRouter.add(
  "GET",
  "/ready",
  Effect.gen(function*() {
    const { check } = yield* QueueAdmin
    const { depth } = yield* JobRecords
    const { outages } = yield* ServiceBreakers
    yield* check
    return HttpServerResponse.jsonUnsafe({
      status: "ready",
      ...(yield* depth),
      waitsFor: (yield* outages).map(outageOf)
    })
  }).pipe(
    Effect.catch((error) =>
      Effect.succeed(HttpServerResponse.jsonUnsafe({ status: "not ready", reason: error.message }, { status: 503 }))
    )
  )
)

/**
 * Routes `GET /health` (the process lives) and `GET /ready` (the store takes writes, so deliveries can be accepted;
 * with the queue's size, and the services that are away).
 */
export const layer = Layer.merge(health, ready)
