import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit } from "effect"
import { Command, Flag } from "effect/cli"
import { demo } from "./Demo.ts"

const once = Flag.Boolean("once").pipe(
  Flag.withDescription("End when the review is on the pull request, and fail when it is not"),
  Flag.withDefault(false)
)
const live = Flag.Boolean("live").pipe(
  Flag.withDescription("Review with the real model, whose key is in the environment"),
  Flag.withDefault(false)
)

const command = Command.make("demo", { once, live }, demo).pipe(
  Command.withDescription("A review from webhook to inline comments, on this machine")
)

const program = Command.run(command, { version: "1" }).pipe(
  Effect.tapError(({ message }) => Console.error(`demo: ${message}`)),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  // Ctrl-C is how the demo is meant to end.
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
})
