import type { Severity } from "@nominal-code/domain/review/Finding"
import { Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { json, toggle } from "../Flags.ts"

const severities = ["critical", "high", "medium", "low"] as const satisfies ReadonlyArray<Severity>

/** `--fail-on`, of `review` and `ci`. */
export const failOn = Flag.Literals("fail-on", severities).pipe(
  Flag.withDescription("Exit with 3 if a finding is this severe or worse"),
  Flag.optional
)

/** `nominal-code review`. */
export const reviewCommand = Command.make(
  "review",
  {
    target: Argument.String("target").pipe(
      Argument.withDescription(
        "A pull request (owner/name#7, group/project!7 or its URL), a range of commits (main..feature), or - for a " +
          "patch on the standard input"
      ),
      Argument.optional
    ),
    base: Flag.String("base").pipe(
      Flag.withDescription("Review the commits of the current branch since it left this one"),
      Flag.optional
    ),
    staged: toggle("staged", "Review what is staged"),
    prompt: Flag.String("prompt").pipe(Flag.withDescription("What to look at in particular"), Flag.optional),
    model: Flag.String("model").pipe(Flag.withDescription("The model that reviews"), Flag.optional),
    provider: Flag.String("provider").pipe(
      Flag.withDescription("The model's provider: anthropic, openai, google, ollama or another one of docs/models.md"),
      Flag.optional
    ),
    post: toggle("post", "Post the review on the pull request, too"),
    apply: Flag.Literals("apply", ["ask", "all"]).pipe(
      Flag.withDescription("Apply suggestions to the files on the disk: asks for each, or applies all (--apply=all)"),
      Flag.withOptionalValue("ask"),
      Flag.optional
    ),
    failOn,
    maxUsd: Flag.Finite("max-usd").pipe(
      Flag.withDescription("Cost limit in US dollars; 0: none"),
      Flag.withSchema(
        Schema.Finite.check(
          Schema.isGreaterThanOrEqualTo(0, { expected: "an amount of dollars, like 0.50, or 0 for no limit" })
        )
      ),
      Flag.optional
    ),
    json,
    markdown: toggle("markdown", "Print Markdown"),
    sarif: toggle("sarif", "Print SARIF 2.1.0, for GitHub code scanning and editors"),
    quiet: toggle("quiet", "Print the review alone, without progress")
  },
  Effect.fn("cli.review")(function*(flags) {
    const { reviewHere } = yield* Effect.promise(() => import("../commands/Review.ts"))
    return yield* reviewHere(flags)
  })
).pipe(
  Command.withDescription(
    "Review changes on this disk before anybody sees them, or a pull request: what is not committed, unless told otherwise"
  )
)
