import { Context, Effect, Layer, Metric, Option, type Scope } from "effect"
import type { UsageSummary } from "../model/Usage.ts"

/*
 * The metrics of the program, under the names that Prometheus sees.
 */

const deliveries = Metric.counter("nominal_deliveries_total", {
  description: "Webhook deliveries by what became of them",
  incremental: true
})

/** Counts deliveries that ended with one status. */
export const countDeliveries = (status: string, number: number) =>
  Metric.update(Metric.withAttributes(deliveries, { status }), number)

const runs = Metric.counter("nominal_jobs_total", {
  description: "Runs of jobs, by how they ended",
  incremental: true
})

/** Counts the end of a run. */
export const countRun = (state: string) => Metric.update(Metric.withAttributes(runs, { state }), 1)

const tokens = Metric.counter("nominal_model_tokens_total", {
  description: "Tokens of the reviews and answers that were posted, by model and kind",
  incremental: true
})

const cost = Metric.counter("nominal_model_cost_usd_total", {
  description: "US dollars of the reviews and answers that were posted, by model; without models of unknown price",
  incremental: true
})

/** Counts what a run has used, in this process or in its pod. */
export const countUsage = ({ costUsd, model, provider, usage }: UsageSummary) =>
  Effect.gen(function*() {
    const used = {
      input: usage.input,
      output: usage.output,
      cache_read: usage.cacheRead,
      cache_write: usage.cacheWrite
    }
    for (const [kind, count] of Object.entries(used)) {
      yield* Metric.update(Metric.withAttributes(tokens, { provider, model, kind }), count)
    }
    yield* Metric.update(Metric.withAttributes(cost, { provider, model }), costUsd ?? 0)
  })

const forgeQuota = Metric.gauge("nominal_forge_requests_left", {
  description: "Requests that a forge still takes in its present period, by the account that it counts them by"
})

/** Rate limit in a forge's answer: the kind of request, and how many of them are left. */
export interface ForgeQuota {
  readonly resource: string
  readonly left: number
}

/** Kinds of requests that GitHub and GitLab count apart. Each name in a metric is a series of its own for good. */
const knownResources: ReadonlySet<string> = new Set([
  "core",
  "graphql",
  "search",
  "code_search",
  "integration_manifest",
  "api",
  "throttle_authenticated_api",
  "throttle_authenticated_deprecated_api",
  "throttle_authenticated_files_api",
  "throttle_authenticated_web",
  "throttle_unauthenticated_api",
  "throttle_unauthenticated_web"
])

/** Sets what is left of a forge's rate limit; an answer that does not say leaves it as it was. */
export const setForgeQuota = (forge: string, account: string, quota: Option.Option<ForgeQuota>) =>
  Option.match(quota, {
    onNone: () => Effect.void,
    onSome: ({ left, resource: name }) => {
      const resource = knownResources.has(name) ? name : "other"
      return Metric.update(Metric.withAttributes(forgeQuota, { forge, account, resource }), left)
    }
  })

const jobs = Metric.gauge("nominal_queue_jobs", { description: "Jobs in the queue, by state" })

const oldestWait = Metric.gauge("nominal_queue_oldest_wait_seconds", {
  description: "Waiting time of the oldest waiting job; 0 if none waits"
})

const away = Metric.gauge("nominal_services_away", {
  description: "Services that are waited for: forges, models, the cluster"
})

/** A moment of the queue. */
export interface QueueGauges {
  readonly waiting: number
  readonly running: number
  readonly parked: number
  readonly oldestWaitMillis: number
  readonly servicesAway: number
}

/** Sets the gauges. */
export const setQueue = ({ oldestWaitMillis, parked, running, servicesAway, waiting }: QueueGauges) =>
  Effect.gen(function*() {
    for (const [state, count] of Object.entries({ waiting, running, parked })) {
      yield* Metric.update(Metric.withAttributes(jobs, { state }), count)
    }
    yield* Metric.update(oldestWait, oldestWaitMillis / 1_000)
    yield* Metric.update(away, servicesAway)
  })

/** Effects that run before each scrape: they set the gauges of what nobody counts as it changes. */
export class ScrapeHooks extends Context.Service<ScrapeHooks, {
  /** Adds one until its scope closes. */
  readonly add: (hook: Effect.Effect<void>) => Effect.Effect<void, never, Scope.Scope>
  readonly run: Effect.Effect<void>
}>()("@nominal-code/domain/Metrics/ScrapeHooks") {}

export const layerScrapeHooks = Layer.sync(ScrapeHooks, () => {
  const hooks = new Set<Effect.Effect<void>>()
  return {
    add: (hook) =>
      Effect.acquireRelease(Effect.sync(() => hooks.add(hook)), () => Effect.sync(() => hooks.delete(hook))),
    run: Effect.suspend(() => Effect.forEach(hooks, (hook) => hook, { discard: true }))
  }
})
