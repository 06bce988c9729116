/** Reviews what is not committed yet, and prints the findings: `node docs/examples/review-changes.ts [repository]`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer } from "effect"
import { ApiAgent, AppConfigLayer, Configured, reviewChanges } from "nominal-code"

const Pipeline = ApiAgent.layer.pipe(
  Layer.provide(Configured.models),
  Layer.provideMerge(Layer.provideMerge(AppConfigLayer.layer("review"), NodeServices.layer))
)
const program = reviewChanges({ repository: process.argv[2] ?? ".", base: "HEAD", head: "worktree" }).pipe(
  Effect.flatMap(({ findings, summary }) =>
    Console.log([summary, ...findings.map(({ body, line, path }) => `${path}:${line}\n${body}`)].join("\n\n"))
  ),
  Effect.provide(Pipeline)
)

NodeRuntime.runMain(program)
