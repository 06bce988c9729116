/* A process of its own, for a certificate's authority is read when Node starts: says whether Redis answers. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Redis from "@nominal-code/persistence/Redis"
import { Console, Effect, Redacted } from "effect"

const [, , url = ""] = process.argv

NodeRuntime.runMain(
  Redis.Redis.use(({ ping }) => ping).pipe(
    Effect.provide(Redis.layer(Redacted.make(url))),
    Effect.andThen(Console.log("it answers")),
    Effect.catch(({ message }) => Console.log(message))
  )
)
