import { parseFloors } from "@nominal-code/eval/Floor"
import { Effect, Option, Result, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { toggle } from "../Flags.ts"

const positive = Schema.Int.check(Schema.isGreaterThan(0))
const text = (name: string, what: string) => Flag.String(name).pipe(Flag.withDescription(what), Flag.optional)

/** Floors as the command line gives them. */
const Floors = Schema.String.check(
  Schema.makeFilter((text) => Result.match(parseFloors(text), { onFailure: (wrong) => wrong, onSuccess: () => true }))
)

/** `nominal-code eval`. */
export const evalCommand = Command.make(
  "eval",
  {
    suites: Argument.String("suite").pipe(
      Argument.withDescription(
        "A folder of cases, or a file of goldens for --candidates (default: the suite that comes with the program); " +
          "with --compare, two results"
      ),
      Argument.variadic({ max: 2 })
    ),
    compare: toggle("compare", "Compare two results: the folders of --out, or their result.json"),
    scripted: toggle("scripted", "Let each case's script review in place of a model: tries a suite without a key"),
    model: text("model", "The model that reviews"),
    provider: text("provider", "The model's provider, as for review"),
    judge: text("judge", "The model that compares findings with goldens (default: none, path, line and words decide)"),
    judgeUrl: text("judge-url", "The OpenAI-compatible endpoint of the judge; its key is in EVAL_JUDGE_API_KEY"),
    only: text("only", "Only the cases whose name contains this"),
    candidates: text("candidates", "Review nothing: take the findings of this file of Code Review Bench"),
    tool: text("tool", "The tool of the candidates"),
    concurrency: Flag.Int("concurrency").pipe(
      Flag.withDescription("Reviews at the same time (default: 4)"),
      Flag.withSchema(positive),
      Flag.withDefault(4)
    ),
    maxUsd: Flag.Finite("max-usd").pipe(
      Flag.withDescription("Dollars of all reviews and of the judge; 0: no limit (default: 10)"),
      Flag.withSchema(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
      Flag.withDefault(10)
    ),
    floor: Flag.String("floor").pipe(
      Flag.withDescription("Exit with 3 if a figure is worse: f1=0.6,findings=3.5"),
      Flag.withSchema(Floors),
      Flag.optional
    ),
    out: text("out", "Write result.json, index.html, goldens.json and candidates.json into this folder"),
    json: toggle("json", "Print the result as JSON")
  },
  Effect.fn("cli.eval")(function*({ floor, ...flags }) {
    const { evaluate } = yield* Effect.promise(() => import("../commands/Eval.ts"))
    return yield* evaluate({
      ...flags,
      floors: Option.match(floor, { onNone: () => [], onSome: (text) => Result.getOrElse(parseFloors(text), () => []) })
    })
  })
).pipe(
  Command.withDescription("Measure reviews on changes whose defects are known: precision, recall, tokens, dollars")
)
