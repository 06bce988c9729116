/* A process of its own: opens the database of a directory and adds to a counter, one transaction at a time. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Sqlite } from "@nominal-code/persistence/Sqlite"
import { Effect } from "effect"
import { databaseAt } from "./TestDatabase.ts"

const [, , directory = "", times = "0"] = process.argv

const add = Effect.flatMap(
  Sqlite,
  ({ transaction }) => transaction("count", (statements) => statements.run("UPDATE ticks SET last = last + 1"))
)

NodeRuntime.runMain(Effect.repeat(add, { times: Number(times) - 1 }).pipe(Effect.provide(databaseAt(directory))))
