import { NodeServices } from "@effect/platform-node"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job } from "@nominal-code/domain/job/Job"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import * as Forges from "@nominal-code/forge/Forges"
import * as GitHub from "@nominal-code/forge/GitHub"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as Lanes from "@nominal-code/jobs/lane/Lane"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import * as InProcessRunner from "@nominal-code/jobs/run/InProcessRunner"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import { limitsWithin } from "@nominal-code/llm/Retry"
import * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { noticeJob, reviewJob } from "@nominal-code/review/JobForge"
import * as PendingPosts from "@nominal-code/review/PendingPosts"
import * as ReviewConfig from "@nominal-code/review/ReviewConfig"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { reviewSettings } from "@nominal-code/testing/TestConfig"
import * as Syntax from "@nominal-code/workspace/syntax/Syntax"
import { Workspace } from "@nominal-code/workspace/Workspace"
import { Clock, Context, Duration, Effect, Layer, Logger, Option, Redacted, Struct } from "effect"
import * as Cluster from "./Cluster.ts"
import * as Network from "./Network.ts"

const deadline = Duration.minutes(30)
const modelUrl = "http://model.test"

const agent = { provider: "anthropic", model: "claude", maxTurns: 8 }
const settings: ReviewSettings = {
  ...Struct.omit(reviewSettings, ["maxCostUsd"]),
  botUsername: "nominal",
  reviewer: agent,
  explorer: agent
}

const event = (data: { readonly type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`

/** A review without findings, as Anthropic streams a call of the tool that hands it in. */
const reviewStream = [
  {
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: agent.model,
      content: [],
      stop_reason: null,
      usage: { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
    }
  },
  {
    type: "content_block_start",
    index: 0,
    content_block: { type: "tool_use", id: "toolu_1", name: "submit_review", input: {} }
  },
  {
    type: "content_block_delta",
    index: 0,
    delta: { type: "input_json_delta", partial_json: JSON.stringify({ summary: "Fine.", comments: [] }) }
  },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: "message_stop" }
].map(event).join("")

const model: Network.Host = {
  service: "model",
  origin: modelUrl,
  answer: () => Promise.resolve(new Response(reviewStream, { headers: { "content-type": "text/event-stream" } }))
}

const changed = new ChangedFile({ path: RepoPath.make("a.txt"), status: "modified", patch: "@@ -1 +1 @@\n-one\n+two" })

/** Checkouts that take 20 seconds: no git is asked. */
const workspace = Layer.mock(Workspace, {
  checkout: ({ baseSha, headSha }) =>
    Effect.delay(
      Effect.succeed({
        headSha,
        mergeBase: baseSha,
        tools: [],
        syntax: Syntax.none,
        changedFiles: Effect.succeed([changed]),
        since: () => Effect.succeedNone,
        commits: Effect.succeed(["Change a line"]),
        baseFile: () => Effect.succeedNone,
        baseFiles: () => Effect.succeed([]),
        paths: () => Effect.succeed([RepoPath.make("a.txt")]),
        words: () => Effect.succeed([]),
        lines: () => Effect.succeedNone
      }),
      "20 seconds"
    )
})

const [forgeName, modelName] = [ServiceName.make("forge:github"), ServiceName.make("model:anthropic")]

const lanes = 4
const perLane = 6

/** 24 jobs in 4 lanes: 4 run, and 20 wait. */
const jobs: ReadonlyArray<Job> = Array.from(
  { length: lanes * perLane },
  (_, index) => mention(laneOf(index % lanes + 1), `${index % lanes + 1}-${Math.floor(index / lanes)}`, "review")
)

const away = new StoreError({ operation: "test", message: "connect ECONNREFUSED", reason: "unavailable" })

/**
 * A server over an emulated GitHub, a model and a queue that are away at times: the review's own program, GitHub's and
 * Anthropic's SDKs with all that handles their errors, the lanes and the breakers. Only git, and the review's text, are not
 * asked for. Where reviews are Jobs, the server talks to an emulated cluster through the SDK of Kubernetes.
 */
export const make = Effect.fnUntraced(function*(
  outages: ReadonlyMap<string, Network.Outage>,
  reviewsAre: "in-process" | "jobs"
) {
  const emulator = yield* GitHubEmulator.make()
  const repository = yield* emulator.addRepository("acme/api", [{ message: "Begin", files: { "a.txt": "one\n" } }])
  const pulls = yield* Effect.forEach(
    Array.from({ length: lanes }),
    (_, index) =>
      emulator.openPullRequest({
        repository,
        headBranch: `change-${index}`,
        commits: [{ message: "Change a line", files: { "a.txt": `two ${index}\n` } }]
      }),
    { concurrency: 1 }
  )
  const passOn = globalThis.fetch
  const gitHub: Network.Host = { service: "forge", origin: emulator.origin, answer: passOn }
  const network = yield* Network.make([gitHub, model], outages)
  const { token } = emulator.account("nominal", "Bot")

  const services = Layer.mergeAll(
    Forges.layer([
      GitHub.layer({
        apiBase: emulator.apiBase,
        cloneBase: emulator.origin,
        credentials: { _tag: "Token", token: Redacted.make(token) },
        checks: false
      })
    ]),
    workspace,
    ApiAgent.layer.pipe(
      Layer.provide(LlmProviders.layer([
        Anthropic.layer({
          apiKey: Redacted.make("key"),
          baseUrl: Option.some(modelUrl),
          limits: limitsWithin(deadline)
        })
      ]))
    ),
    ReviewConfig.layer({ settings }),
    ConversationStoreMemory.layer({ ttl: Duration.days(1) }),
    SpendMemory.layer,
    NodeServices.layer
  )
  const needs = [forgeName, modelName]
  const inProcess = {
    runner: InProcessRunner.layer({ review: reviewJob, notice: noticeJob, needs: () => needs }).pipe(
      Layer.provide([PendingPosts.layerMemory, services])
    ),
    settled: Effect.void,
    inVain: () => 0
  }
  const runs = reviewsAre === "jobs" ? yield* Cluster.make(services, needs, outages.get("cluster")) : inProcess

  const store = yield* Layer.build(Layer.fresh(MemoryQueue.layer))
  const queue = Context.get(store, JobQueue)
  let storeInVain = 0
  const whileThere = <A>(effect: Effect.Effect<A, StoreError>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const outage = outages.get("store")
      if (outage === undefined || now < outage.from || now >= outage.until) return effect
      storeInVain += 1
      return Effect.fail(away)
    })

  yield* Effect.forEach(jobs, queue.offer, { concurrency: 1, discard: true })
  const lanesOfServer = yield* Layer.build(
    Layer.fresh(Lanes.layer({
      maxConcurrent: 4,
      maxAttempts: 3,
      giveUpAfter: Duration.hours(24),
      deadline,
      gracePeriod: Duration.zero
    })).pipe(
      Layer.provide(Layer.fresh(runs.runner)),
      Layer.provideMerge(Layer.fresh(ServiceBreakers.layer)),
      Layer.provide(Logger.layer([])),
      Layer.provide(Layer.succeed(JobQueue, {
        ...queue,
        take: (lane, runs) => whileThere(queue.take(lane, runs)),
        renew: (lease) => whileThere(queue.renew(lease)),
        settle: (lease, settlement) => whileThere(queue.settle(lease, settlement)),
        settleAndTake: (lease, settlement, runs) => whileThere(queue.settleAndTake(lease, settlement, runs))
      }))
    )
  )

  return {
    jobs,
    settled: Effect.andThen(runs.settled, network.settled),
    inVain: (service: string) => {
      if (service === "cluster") return runs.inVain()
      return service === "store" ? storeInVain : network.inVain(service)
    },
    /** The services that the server says are waited for. */
    waitedFor: Effect.map(
      Context.get(lanesOfServer, ServiceBreakers.ServiceBreakers).outages,
      (outages) => outages.map(({ service }) => String(service))
    ),
    records: Effect.orDie(Context.get(store, JobRecords).list({ limit: 100 })),
    /** Reviews of each pull request by their jobs, in the order of their posts, and the number of all its other texts. */
    posted: () =>
      pulls.map((pull) => {
        const posts = emulator.jobs(pull)
        return {
          jobs: [...posts.keys()],
          texts: [...posts.values()].map(({ comments, inline, reviews }) => [
            reviews.length + comments.length,
            inline.length
          ])
        }
      })
  }
})
