import * as Redis from "@nominal-code/persistence/Redis"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Context, Data, Effect, FileSystem, Layer, Redacted, References, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { randomBytes } from "node:crypto"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { bot, people } from "../journeys/Journey.ts"
import { talkative } from "../journeys/Traffic.ts"
import { servers as howMany } from "./Plan.ts"
import * as RedisNodes from "./RedisNodes.ts"
import * as Server from "./Server.ts"

/** The storm could not begin, or did not end. */
export class StormFailed extends Data.TaggedError("StormFailed")<{ readonly message: string }> {}

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The command as it is released, which starts in a fraction of the time that the sources take: the build of the run, if it has one. */
const bundle = Effect.fnUntraced(function*(directory: string) {
  const shared = env["NOMINAL_CODE_BIN"]
  if (shared !== undefined) return shared
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const child = yield* spawner.spawn(ChildProcess.make(process.execPath, ["ci/build.ts", directory], { cwd: root }))
  const said = yield* Stream.mkString(Stream.decodeText(child.all))
  if ((yield* child.exitCode) !== 0) return yield* new StormFailed({ message: `the command was not built:\n${said}` })
  return `${directory}/bin/nominal-code.js`
})

/** The Secret that the Jobs' environment comes from. */
const secretName = "nominal-code-secrets"

/** Number of pods that run at the same time. The others wait for a place on a node. */
const places = 4

/** Number of Jobs that a server runs at a time. */
const jobsOfServer = 8

/**
 * A cluster in which nothing is ours but `serve` and `run-job`: a forge, a model, a Redis Cluster,
 * a Kubernetes with Jobs, and two servers. It is gone with the scope.
 */
export const make = Effect.fn("World.make")(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-storm-" })
  const bin = yield* bundle(`${directory}/app`)
  const forge = yield* GitHubEmulator.make({ checkAnswers: false })
  const model = yield* ScriptedModel.make
  talkative({ model })
  const redis = yield* RedisNodes.start()
  const kube = yield* KubeEmulator.make({ bin, places })
  const webhookSecret = randomBytes(24).toString("hex")
  const secrets = {
    ANTHROPIC_API_KEY: `sk-ant-api03-${randomBytes(40).toString("base64url")}`,
    GITHUB_TOKEN: forge.account(bot).token,
    REDIS_URL: Redacted.value(redis.url)
  }
  kube.secrets.set(secretName, secrets)
  const environment = {
    ...secrets,
    AGENT_PROVIDER: "anthropic",
    ALLOWED_USERS: people.join(","),
    ANTHROPIC_BASE_URL: model.url,
    GITHUB_API_BASE: forge.apiBase,
    GITHUB_WEBHOOK_SECRET: webhookSecret,
    JOBS_MAX_CONCURRENT: String(jobsOfServer),
    JOBS_SIGNING_KEY: "a-key-of-the-servers-that-no-pod-has",
    K8S_ACTIVE_DEADLINE_SECONDS: "120",
    K8S_ENV_FROM_SECRETS: secretName,
    K8S_IMAGE: "nominal-code:storm",
    K8S_NAMESPACE: kube.namespace,
    KUBECONFIG: kube.kubeconfig,
    NOMINAL_DATA_DIR: `${directory}/data`,
    REDIS_SHARDS: String(RedisNodes.shards),
    REVIEWER_BOT_USERNAME: bot,
    REVIEWER_TRIGGERS: "pr_opened,pr_push,pr_reopened",
    WORKSPACE_BASE_DIR: `${directory}/workspace`
  }
  const servers = yield* Effect.replicateEffect(
    Server.start({ bin, env: environment, withoutRedis: redis.isAway }),
    howMany
  )
  const opened = yield* Effect.provideService(Layer.build(Redis.layer(redis.url)), References.MinimumLogLevel, "None")
  return {
    directory,
    forge,
    model,
    kube,
    redis,
    /** The same Redis, as any other process sees it. */
    store: Context.get(opened, Redis.Redis),
    servers,
    webhookSecret
  }
})

/** The world of one storm. */
export type World = Effect.Success<ReturnType<typeof make>>
