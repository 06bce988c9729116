import * as ClaudeCode from "@nominal-code/agent/ClaudeCode"
import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { settings } from "@nominal-code/config/Settings"
import { runnerOf } from "@nominal-code/domain/settings/ReviewSettings"
import { Forges } from "@nominal-code/forge/Forges"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import * as Metrics from "@nominal-code/server/Metrics"
import { Effect, Layer, Option } from "effect"
import { HttpServer } from "effect/http"
import * as Configured from "../Configured.ts"
import * as ConfiguredServer from "../ConfiguredServer.ts"
import * as Examination from "../doctor/Examination.ts"
import * as Listener from "../Listener.ts"
import * as Logging from "../Logging.ts"
import { checkPrices } from "../Prices.ts"
import * as Runner from "../Runner.ts"
import * as Storage from "../Storage.ts"
import * as Telemetry from "../Telemetry.ts"

const listener = Layer.unwrap(
  Effect.map(AppConfig, ({ webhook: { host, port } }) => Listener.layer(host, port, settings.webhook.port))
)

const telemetry = Configured.configured(({ metrics, tracing, webhook: { host } }) =>
  Telemetry.layer({ tracing, metrics: { ...metrics, host } })
)

/** Fails where reviews run in this process with a Claude Code that cannot review. In a cluster, the pods bring theirs. */
const checkAgent = Effect.gen(function*() {
  const config = yield* AppConfig
  const isOurs = runnerOf(config.review.reviewer) === "claude-code" && Option.isNone(config.kubernetes)
  if (isOurs) yield* ClaudeCode.check(Configured.claudeCodeOptions(config))
})

const announce = Layer.effectDiscard(Effect.gen(function*() {
  const { policy, review, storage, webhook } = yield* AppConfig
  const { address } = yield* HttpServer.HttpServer
  // Port 0 is any that is free.
  const port = address._tag === "UnixPathAddress" ? webhook.port : address.port
  yield* Effect.logInfo(`listening on http://${webhook.host}:${port}, waiting for webhooks`, {
    platforms: (yield* Forges).platforms.join(","),
    reviewer: `@${policy.botUsername}`,
    agent: runnerOf(review.reviewer),
    runner: yield* Runner.name,
    storage,
    triggers: policy.triggers.join(",") || "mentions only",
    users: policy.allowedUsers.join(",")
  })
}))

/** Examination of the setup when the server starts: none, one whose problems are logged, or one that they fail. */
export type ExaminationMode = "no" | "warn" | "strict"

const examination = { no: Layer.empty, warn: Examination.layerWarning, strict: Layer.empty } as const
const before = { no: Layer.empty, warn: Layer.empty, strict: Examination.layerStrict } as const

/**
 * The whole server, read from the bottom up. It closes from the top down: first the listener, so that nothing new is
 * accepted; then the lanes, which let running reviews finish; then the stores.
 */
const layer = (examined: ExaminationMode) =>
  Layer.mergeAll(
    announce,
    Metrics.queueGauges,
    ConfiguredServer.reconciler,
    examination[examined]
  ).pipe(
    Layer.provideMerge(ConfiguredServer.server),
    Layer.provide(listener),
    Layer.provide(ConfiguredServer.lanes),
    Layer.provide(Runner.layer),
    Layer.provide(ServiceBreakers.layer),
    Layer.provide(Layer.effectDiscard(checkAgent)),
    Layer.provide(Layer.merge(Configured.forges, ConfiguredServer.webhooks)),
    Layer.provide(Configured.markerKeys("make")),
    Layer.provide(Storage.layer),
    Layer.provide(before[examined]),
    Layer.provide(telemetry),
    Layer.provide(Configured.configured(Logging.layer)),
    Layer.provide(Layer.effectDiscard(Effect.flatMap(AppConfig, checkPrices))),
    Layer.provide(AppConfigLayer.layer("serve"))
  )

export const serve = (examined: ExaminationMode) => Layer.launch(layer(examined))
