/* A process of its own: takes its owner's lock, prints its name and keeps it until it is killed. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Owners from "@nominal-code/persistence/Owners"
import { Console, Effect, Layer } from "effect"
import { databaseAt } from "./TestDatabase.ts"

const [, , directory = ""] = process.argv

NodeRuntime.runMain(
  Effect.flatMap(Owners.Owners, ({ self }) => Effect.andThen(Console.log(self), Effect.never)).pipe(
    Effect.provide(Owners.layer.pipe(Layer.provide(databaseAt(directory))))
  )
)
