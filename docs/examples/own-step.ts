/**
 * Reviews uncommitted changes with steps of your own: findings of a rule stand beside the model's, and those of which
 * the model is not sure are dropped. The step that repairs an unreadable answer is left out.
 *
 *     node docs/examples/own-step.ts [repository]
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer, Option } from "effect"
import {
  ApiAgent,
  AppConfigLayer,
  Configured,
  type RepoPath,
  type ReportedFinding,
  reviewChanges,
  ReviewSteps
} from "nominal-code"

/** The rule: a number of two digits or more has a name. */
const unnamedNumbers = (path: RepoPath, lines: ReadonlyArray<string>): ReadonlyArray<ReportedFinding> =>
  lines.flatMap((text, at) =>
    Array.from(text.matchAll(/(?<![\w.])\d{2,}(?![\w.])/g), ([number]): ReportedFinding => ({
      path,
      line: at + 1,
      side: "RIGHT",
      body: `${number} has no name: make it a constant.`,
      severity: "low",
      confidence: "high",
      category: "readability"
    }))
  )

const usual = ReviewSteps.defaultValue()

const OwnSteps = Layer.succeed(ReviewSteps, {
  ...usual,
  recover: ({ answer, usage }) => Effect.succeed({ answer, usage }),
  place: (findings, context) =>
    Effect.gen(function*() {
      const sure = findings.filter(({ confidence }) => confidence !== "low")
      const ruled = yield* Effect.forEach(context.files, ({ path }) =>
        context.checkout.lines("RIGHT", path).pipe(
          Effect.map((lines) => unnamedNumbers(path, Option.getOrElse(lines, () => []))),
          Effect.orElseSucceed(() => [])
        ), { concurrency: 4 })
      return yield* usual.place([...sure, ...ruled.flat()], context)
    })
})

const Pipeline = Layer.merge(ApiAgent.layer, OwnSteps).pipe(
  Layer.provide(Configured.models),
  Layer.provideMerge(AppConfigLayer.layer("review")),
  Layer.provideMerge(NodeServices.layer)
)

const program = reviewChanges({ repository: process.argv[2] ?? ".", base: "HEAD", head: "worktree" }).pipe(
  Effect.flatMap(({ findings }) =>
    Console.log(findings.map(({ body, line, path }) => `${path}:${line}\n${body}`).join("\n\n"))
  ),
  Effect.provide(Pipeline)
)

NodeRuntime.runMain(program)
