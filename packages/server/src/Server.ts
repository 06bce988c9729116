import type { Policy } from "@nominal-code/domain/event/Policy"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import * as Health from "./Health.ts"
import * as Intake from "./Intake.ts"
import * as WebhookRoutes from "./WebhookRoutes.ts"

/** Options of a server. */
export interface ServerOptions {
  /** Rules of who may ask for reviews, and where. */
  readonly policy: Policy
}

/** All routes, on whatever listener is provided. */
export const layer = ({ policy }: ServerOptions) =>
  HttpRouter.serve(Health.layer, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(WebhookRoutes.layer),
    Layer.provide(Intake.layer(policy))
  )
