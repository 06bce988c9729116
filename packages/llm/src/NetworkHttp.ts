import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { NetworkFetch } from "./Transport.ts"

/** `HttpClient` on the way to the models. It follows no redirect, which would take a key along. */
export const layer = Layer.mergeAll(
  FetchHttpClient.layer,
  Layer.effect(FetchHttpClient.Fetch, NetworkFetch),
  Layer.succeed(FetchHttpClient.RequestInit, { redirect: "error" })
)
