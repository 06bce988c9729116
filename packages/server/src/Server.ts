import type { Policy } from "@nominal-code/domain/Policy"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import * as Health from "./Health.ts"
import * as Intake from "./Intake.ts"
import * as WebhookRoutes from "./WebhookRoutes.ts"

/** What a server needs to be told. */
export interface ServerOptions {
  /** Who may ask for a review, and of what. */
  readonly policy: Policy
}

/** All routes, on whatever listener is provided. */
export const layer = ({ policy }: ServerOptions) =>
  HttpRouter.serve(Layer.mergeAll(Health.layer, WebhookRoutes.layer), {
    disableLogger: true,
    disableListenLog: true
  }).pipe(Layer.provide(Intake.layer(policy)))
