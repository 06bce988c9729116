import * as ClaudeCode from "@nominal-code/agent/ClaudeCode"
import * as RatedCalls from "@nominal-code/agent/RatedCalls"
import { AppConfig } from "@nominal-code/config/AppConfig"
import { keysIn, SigningKeys } from "@nominal-code/domain/job/JobSignature"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import * as ForgeLimits from "@nominal-code/forge/ForgeLimits"
import * as Forges from "@nominal-code/forge/Forges"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import type { KubernetesOptions } from "@nominal-code/kubernetes/KubernetesRunner"
import * as CallRatesMemory from "@nominal-code/persistence/CallRatesMemory"
import * as CallRatesRedis from "@nominal-code/persistence/CallRatesRedis"
import * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"
import * as ConversationStoreRedis from "@nominal-code/persistence/ConversationStoreRedis"
import * as ConversationStoreSqlite from "@nominal-code/persistence/ConversationStoreSqlite"
import * as MarkerKeyStore from "@nominal-code/persistence/MarkerKeyStore"
import * as PeriodicLease from "@nominal-code/persistence/PeriodicLease"
import * as PeriodicLeaseRedis from "@nominal-code/persistence/PeriodicLeaseRedis"
import * as PeriodicLeaseSqlite from "@nominal-code/persistence/PeriodicLeaseSqlite"
import * as Quotas from "@nominal-code/persistence/Quotas"
import * as QuotasRedis from "@nominal-code/persistence/QuotasRedis"
import * as QuotasSqlite from "@nominal-code/persistence/QuotasSqlite"
import * as Redis from "@nominal-code/persistence/Redis"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import * as SpendRedis from "@nominal-code/persistence/SpendRedis"
import * as SpendSqlite from "@nominal-code/persistence/SpendSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { StoreError } from "@nominal-code/persistence/StoreError"
import * as ReviewConfig from "@nominal-code/review/ReviewConfig"
import * as Git from "@nominal-code/workspace/Git"
import * as GitWorkspace from "@nominal-code/workspace/GitWorkspace"
import * as LocalWorkspace from "@nominal-code/workspace/LocalWorkspace"
import * as PrivateDirectory from "@nominal-code/workspace/PrivateDirectory"
import * as TemporaryDirectory from "@nominal-code/workspace/TemporaryDirectory"
import { WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Effect, Layer, Option } from "effect"
import * as DatabaseFile from "./DatabaseFile.ts"
import * as FirstUse from "./FirstUse.ts"
import * as SocketPaths from "./isolated/SocketPaths.ts"
import * as ModelServices from "./ModelServices.ts"
import * as RedisForgeLimits from "./RedisForgeLimits.ts"

/*
 * The parts, each with its options out of `AppConfig`. No other module maps one to the other: a part takes the few
 * fields that it needs, and its type says which these are. Each is one value, so that a process builds it once.
 */

/** A part with its options. */
export const configured = <A, E, R>(partOf: (config: AppConfig["Service"]) => Layer.Layer<A, E, R>) =>
  Layer.unwrap(Effect.map(AppConfig, partOf))

/** One of two ways to make a part: at once, or at its first use. */
const soonOrLate = <A, E, R, E2, R2>(soon: Layer.Layer<A, E, R>, late: Layer.Layer<A, E2, R2>) =>
  Layer.unwrap(
    Effect.map(FirstUse.MakesAtFirstUse, (isLate): Layer.Layer<A, E | E2, R | R2> => isLate ? late : soon)
  )

/** The database of `data_dir`. */
export const sqlite = soonOrLate(
  configured(({ dataDir }) => Sqlite.layer(dataDir)),
  configured(({ dataDir }) => FirstUse.sqlite(dataDir))
)

const noRedis = new StoreError({
  operation: "Redis.connect",
  message: "redis.url (REDIS_URL) must be set to a redis:// or rediss:// URL",
  reason: "failed"
})

/** The Redis of `redis.url`. */
export const redis = configured(({ redis }) =>
  Option.match(redis, {
    onNone: () => Layer.effect(Redis.Redis, Effect.fail(noRedis)),
    onSome: ({ sentinelPassword, url, waitReplicas }) => Redis.layer({ sentinelPassword, url, waitReplicas })
  })
)

/** Conversations in each kind of storage. */
export const conversationsIn = {
  memory: configured(({ conversationTtl: ttl }) => ConversationStoreMemory.layer({ ttl })),
  sqlite: configured(({ conversationTtl: ttl }) => ConversationStoreSqlite.layer({ ttl })).pipe(Layer.provide(sqlite)),
  redis: configured(({ conversationTtl: ttl }) => ConversationStoreRedis.layer({ ttl })).pipe(Layer.provide(redis))
}

/** The ledger of what models cost, in each kind of storage. */
export const spendIn = {
  memory: SpendMemory.layer,
  sqlite: SpendSqlite.layer.pipe(Layer.provide(sqlite)),
  redis: SpendRedis.layer.pipe(Layer.provide(redis))
}

/** The configured store of conversations. */
export const conversations = configured(({ storage }) => conversationsIn[storage])

/** The configured ledger of what models cost. */
export const spend = configured(({ storage }) => spendIn[storage])

/** Counts of the jobs of accounts, in each kind of storage. */
export const quotasIn = {
  memory: Quotas.layerMemory,
  sqlite: QuotasSqlite.layer.pipe(Layer.provide(sqlite)),
  redis: QuotasRedis.layer.pipe(Layer.provide(redis))
}

/** Leases of periodic tasks, in each kind of storage. */
export const leasesIn = {
  memory: PeriodicLease.layerMemory,
  sqlite: PeriodicLeaseSqlite.layer.pipe(Layer.provide(sqlite)),
  redis: PeriodicLeaseRedis.layer.pipe(Layer.provide(redis))
}

const sqliteKeys = (use: "make" | "read") => MarkerKeyStore.layerSqlite(use).pipe(Layer.provide(sqlite))

/** The keys of the installation's markers. A storage that forgets has none, and its posts have no seal. */
export const markerKeys = (use: "make" | "read") =>
  configured(({ dataDir, storage }) =>
    ({
      memory: Layer.empty,
      sqlite: use === "make" ? sqliteKeys("make") : Layer.unwrap(
        // A database that is not there has none.
        Effect.map(DatabaseFile.existsIn(dataDir), (exists) => exists ? sqliteKeys("read") : Layer.empty)
      ),
      redis: MarkerKeyStore.layerRedis(use).pipe(Layer.provide(redis))
    })[storage]
  )

/** Rate limits of the forges: all processes keep them where they share a Redis, else this one alone. */
export const forgeLimits = configured((config) =>
  Option.isSome(config.redis) ? Layer.provide(RedisForgeLimits.layer, redis) : ForgeLimits.layerMemory
)

/** The forges that the configuration has credentials for, without rate limits that are kept. */
export const forgesAlone = configured(({ github, gitlab, review: { dryRun }, reviewer }) => {
  const checks = reviewer.check === "auto" && !dryRun
  return Forges.layer([
    ...Option.toArray(Option.map(github, (settings) => GitHub.layer({ ...settings, checks }))),
    ...Option.toArray(Option.map(gitlab, (settings) => GitLab.layer({ ...settings, checks })))
  ])
})

/** The configured forges, within the rate limits of `forgeLimits`. */
export const forges = Layer.provide(forgesAlone, forgeLimits)

/** Checkouts of a forge's repositories, under `workspace.base_dir`. */
export const workspace = soonOrLate(
  configured(({ workspace }) => GitWorkspace.layer(workspace)),
  configured(({ workspace }) => FirstUse.workspace(workspace))
)

/**
 * The workspace of a review of what is on this disk: git keeps its own files in a temporary directory where
 * `workspace.base_dir` cannot be written.
 */
const localOptions = Effect.gen(function*() {
  const { workspace } = yield* AppConfig
  const instead = Effect.mapError(
    TemporaryDirectory.make("nominal-code-git-"),
    ({ message }) =>
      new WorkspaceError({
        reason: "directory",
        message:
          `neither ${workspace.baseDir} (workspace.base_dir) nor the temporary directory can be written, set TMPDIR ` +
          `to one that can be: ${message}`
      })
  )
  const baseDir = yield* PrivateDirectory.make(workspace.baseDir).pipe(
    Effect.as(workspace.baseDir),
    Effect.catchTag("PlatformError", () => instead)
  )
  return { ...workspace, baseDir }
})

/** git, for a repository that is on this disk already. */
export const git = Layer.unwrap(Effect.map(localOptions, Git.layer))

/** Checkouts of a repository that is on this disk already. */
export const localWorkspace = (repository: string) =>
  Layer.unwrap(Effect.map(localOptions, (options) => LocalWorkspace.layer(repository, options)))

/** All model services, with the keys of this process. One without a key fails the calls that need it. */
export const ownModels = configured(({ jobs: { deadline }, providers }) => ModelServices.layer(providers, deadline))

/** All model services, of the container that has their keys where this one has none. */
export const models = Layer.unwrap(Effect.map(
  SocketPaths.models,
  Option.match({
    onNone: () => ownModels,
    onSome: (path) =>
      Layer.unwrap(Effect.gen(function*() {
        const { models } = yield* Effect.promise(() => import("./isolated/Publisher.ts"))
        return models(path, (yield* AppConfig).jobs.deadline)
      }))
  })
))

/** The rates at which models are asked, where they are shared. */
const callRates = configured(({ redis: shared }) =>
  Option.isSome(shared) ? CallRatesRedis.layer.pipe(Layer.provide(redis)) : CallRatesMemory.layer
)

/** All model services, within their rates. */
export const ratedModels = configured(({ rates }) =>
  Object.keys(rates).length === 0
    ? models
    : RatedCalls.layer(rates).pipe(Layer.provide(models), Layer.provide(callRates))
)

/** Settings of Claude Code. Its sessions are kept beside the database. */
export const claudeCodeOptions = ({ claudeCode, dataDir }: AppConfig["Service"]): ClaudeCode.ClaudeCodeOptions => ({
  ...claudeCode,
  directory: `${dataDir}/claude-code`,
  listener: Layer.unwrap(Effect.map(Effect.promise(() => import("./Loopback.ts")), ({ layer }) => layer))
})

/** The Claude Code of this machine. */
export const claudeCode = configured((config) => ClaudeCode.layer(claudeCodeOptions(config)))

/** All that a review may read of the configuration; `settings`, where a job brought some, take the place of its own. */
export const reviewConfig = (settings: Option.Option<ReviewSettings> = Option.none()) =>
  configured(({ origins, review }) =>
    ReviewConfig.layer({ settings: Option.getOrElse(settings, () => review), origins })
  )

/** The keys that the servers sign with, the one for new jobs first. A pod has none. */
export const signingKeys = configured(({ jobs: { signingKey } }) =>
  Layer.succeed(SigningKeys, Option.toArray(signingKey).flatMap(keysIn))
)

/** Settings of the Jobs; none where reviews run in the server. */
export const kubernetesOptions = (
  { kubernetes, redis, review }: AppConfig["Service"]
): Option.Option<KubernetesOptions> => Option.map(Option.all({ kubernetes, redis }), (both) => ({ ...both, review }))
