import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import { Inventories } from "@nominal-code/forge/Inventory"
import { Webhooks } from "@nominal-code/forge/Webhooks"
import * as Lanes from "@nominal-code/jobs/lane/Lane"
import * as Intake from "@nominal-code/server/Intake"
import * as Reconcile from "@nominal-code/server/Reconcile"
import * as Reconciler from "@nominal-code/server/Reconciler"
import * as Server from "@nominal-code/server/Server"
import { Effect, Layer, Option } from "effect"
import { configured, forgeLimits } from "./Configured.ts"

/*
 * The parts that only a server has, and `reconcile`. Apart from `Configured.ts`, so that a job does not load them.
 */

/** The inventories of the configured forges, which find missed events. */
const inventories = configured(({ github, gitlab, review: { dryRun }, reviewer }) => {
  const checks = reviewer.check === "auto" && !dryRun
  return Layer.effect(
    Inventories,
    Effect.all([
      ...Option.toArray(Option.map(github, (settings) => GitHub.inventory({ ...settings, checks }))),
      ...Option.toArray(Option.map(gitlab, (settings) => GitLab.inventory({ ...settings, checks })))
    ])
  )
}).pipe(Layer.provide(forgeLimits))

/** The webhooks of these forges. */
export const webhooks = configured(({ github, gitlab, webhook: { allowUnsigned } }) =>
  Layer.succeed(Webhooks, [
    ...Option.toArray(Option.map(github, ({ webhookSecret: secret }) => GitHub.webhooks({ secret, allowUnsigned }))),
    ...Option.toArray(Option.map(gitlab, ({ signingToken, webhookSecret: secret }) =>
      GitLab.webhooks({ secret, signingToken, allowUnsigned })))
  ])
)

/** The worker of the lanes. */
export const lanes = configured(({ jobs }) => Lanes.layer(jobs))

/** The routes of a server. */
export const server = configured(({ policy }) => Server.layer({ policy }))

/** The search for missed events. */
export const reconcile = configured(({ policy, reconcile }) =>
  Reconcile.layer({ policy, ...reconcile }).pipe(Layer.provide(Intake.layer(policy)), Layer.provide(inventories))
)

/** The search for missed events at the start of a server and then periodically, unless it may make no request. */
export const reconciler = configured(({ reconcile: settings }) =>
  settings.maxRequests === 0 ? Layer.empty : Layer.provide(Reconciler.layer(settings), reconcile)
)
