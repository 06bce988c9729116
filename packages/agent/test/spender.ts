/* A process of its own: has an agent ask a model that never answers, with the ledger of a directory or of a Redis. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { AgentRunner } from "@nominal-code/agent/AgentRunner"
import { SpendScope } from "@nominal-code/agent/SpendScope"
import * as Redis from "@nominal-code/persistence/Redis"
import { Spend } from "@nominal-code/persistence/Spend"
import * as SpendRedis from "@nominal-code/persistence/SpendRedis"
import * as SpendSqlite from "@nominal-code/persistence/SpendSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Console, Effect, Layer, Redacted } from "effect"
import { agentOf, task } from "./ScriptedModel.ts"

const [, , place = "", limit = "0"] = process.argv

const store = place.startsWith("redis:")
  ? SpendRedis.layer.pipe(Layer.provide(Redis.layer(Redacted.make(place))))
  : SpendSqlite.layer.pipe(Layer.provide(Sqlite.layer(place)))

const agent = agentOf(() => Effect.andThen(Console.log("asked"), Effect.never))

const program = Effect.flatMap(Spend, (ledger) =>
  AgentRunner.use(({ run }) => run(task())).pipe(
    Effect.provideService(SpendScope, {
      ledger,
      accounts: [{ kind: "day", name: "day", period: "day", limit: Number(limit) }],
      subject: { repository: "github:acme/api", author: "github:alice" },
      prices: {}
    })
  ))

NodeRuntime.runMain(Effect.provide(program, Layer.merge(store, agent).pipe(Layer.provideMerge(NodeServices.layer))))
