/* A process of its own: runs reviews side by side with Claude at an address, and the ledger of a directory or a Redis. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { AgentRunner } from "@nominal-code/agent/AgentRunner"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import { SpendScope } from "@nominal-code/agent/SpendScope"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import { FirstDelay } from "@nominal-code/llm/Retry"
import * as Redis from "@nominal-code/persistence/Redis"
import { Spend } from "@nominal-code/persistence/Spend"
import * as SpendRedis from "@nominal-code/persistence/SpendRedis"
import * as SpendSqlite from "@nominal-code/persistence/SpendSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Duration, Effect, Layer, Logger, Option, Redacted } from "effect"
import { task } from "./ScriptedModel.ts"
import { accountsOf, generous } from "./SpendWorld.ts"

const [, , place = "", vendor = "", name = "", first = "0", last = "0"] = process.argv

const store = place.startsWith("redis:")
  ? SpendRedis.layer.pipe(Layer.provide(Redis.layer(Redacted.make(place))))
  : SpendSqlite.layer.pipe(Layer.provide(Sqlite.layer(place)))

const limits = { idle: Duration.seconds(20), attempt: Duration.seconds(20), total: Duration.seconds(60) }

const agent = ApiAgent.layer.pipe(
  Layer.provide(
    LlmProviders.layer([Anthropic.layer({ apiKey: Redacted.make(name), baseUrl: Option.some(vendor), limits })])
  )
)

const review = (ledger: Spend["Service"], number: number) =>
  AgentRunner.use(({ run }) => run(task({ prompt: `Review ${number}.` }))).pipe(
    Effect.provideService(SpendScope, {
      ledger,
      accounts: accountsOf(number, generous),
      subject: { repository: `github:acme/${name}`, author: `github:${number % 7}` },
      prices: {}
    }),
    Effect.exit
  )

const program = Effect.gen(function*() {
  const ledger = yield* Spend
  yield* Effect.promise(() => fetch(`${vendor}/ready`))
  const numbers = Array.from({ length: Number(last) - Number(first) }, (_, index) => Number(first) + index)
  yield* Effect.forEach(numbers, (number) => review(ledger, number), { concurrency: "unbounded", discard: true })
}).pipe(Effect.provideService(FirstDelay, Duration.millis(5)))

NodeRuntime.runMain(
  Effect.provide(program, Layer.mergeAll(store, agent, Logger.layer([])).pipe(Layer.provideMerge(NodeServices.layer)))
)
