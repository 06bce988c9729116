/**
 * Reviews uncommitted changes with a tool of your own for the model: it answers who owns a file.
 *
 *     node docs/examples/own-tool.ts [repository]
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Option, Schema } from "effect"
import {
  ApiAgent,
  AppConfigLayer,
  type Checkout,
  Configured,
  makeTool,
  RepoPath,
  reviewChanges,
  ReviewSteps,
  ToolError
} from "nominal-code"

const codeOwners = RepoPath.make("CODEOWNERS")

/** Reads the owners as the base branch has them: the change under review cannot make itself somebody else's. */
const owners = (checkout: Checkout) =>
  makeTool({
    name: "Owners",
    description: "The lines of CODEOWNERS that name a directory of a file, or the file itself.",
    input: Schema.Struct({ path: RepoPath }),
    run: Effect.fn("Owners.run")(
      function*({ path }) {
        const text = yield* checkout.baseFile(codeOwners)
        if (Option.isNone(text)) return "This repository has no CODEOWNERS."
        const lines = text.value.split("\n").filter((line) => {
          const [place = ""] = line.split(" ")
          return place !== "" && path.startsWith(place)
        })
        return lines.join("\n") || "Nobody owns it."
      },
      Effect.mapError(({ message }) => new ToolError({ message }))
    )
  })

const usual = ReviewSteps.defaultValue()

const WithOwners = Layer.succeed(ReviewSteps, {
  ...usual,
  gather: (pullRequest, checkout, settings) =>
    usual.gather(pullRequest, { ...checkout, tools: [...checkout.tools, owners(checkout)] }, settings)
})

const Pipeline = Layer.merge(ApiAgent.layer, WithOwners).pipe(
  Layer.provide(Configured.models),
  Layer.provideMerge(AppConfigLayer.layer("review")),
  Layer.provideMerge(NodeServices.layer)
)

const program = reviewChanges({ repository: process.argv[2] ?? ".", base: "HEAD", head: "worktree" }).pipe(
  Effect.flatMap(({ summary }) => Console.log(summary)),
  Effect.provide(Pipeline)
)

NodeRuntime.runMain(program)
