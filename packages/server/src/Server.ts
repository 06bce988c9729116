import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import * as GitHubRoute from "./GitHubRoute.ts"
import * as Health from "./Health.ts"
import * as Intake from "./Intake.ts"

/** All routes, on whatever listener is provided. */
export const layer = HttpRouter.serve(Layer.mergeAll(Health.layer, GitHubRoute.layer), {
  disableLogger: true,
  disableListenLog: true
}).pipe(Layer.provide(Intake.layer))
