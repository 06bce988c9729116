import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"

const health = HttpRouter.add("GET", "/health", HttpServerResponse.jsonUnsafe({ status: "ok" }))

const ready = HttpRouter.add(
  "GET",
  "/ready",
  Effect.gen(function*() {
    const records = yield* JobRecords
    return HttpServerResponse.jsonUnsafe({ status: "ready", ...(yield* records.depth) })
  }).pipe(
    Effect.catch((error) =>
      Effect.succeed(HttpServerResponse.jsonUnsafe({ status: "not ready", reason: error.message }, { status: 503 }))
    )
  )
)

/** `GET /health`: the process lives. `GET /ready`: its store does too, so that deliveries can be accepted. */
export const layer = Layer.merge(health, ready)
