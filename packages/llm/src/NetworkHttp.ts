import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { NetworkFetch } from "./Transport.ts"

/** `HttpClient` on the way to the models, through their proxy. It follows no redirect, which would take a key along. */
export const layer = FetchHttpClient.layer.pipe(
  Layer.provide([
    Layer.effect(FetchHttpClient.Fetch, NetworkFetch),
    Layer.succeed(FetchHttpClient.RequestInit, { redirect: "error" })
  ])
)
