import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import type { Flags } from "@nominal-code/config/Values"
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import * as CodeReviewBench from "@nominal-code/eval/CodeReviewBench"
import { compareText } from "@nominal-code/eval/Compare"
import { evaluate as run, type Evaluation, makeCaseReview } from "@nominal-code/eval/Evaluate"
import { type Floor, missedFloors } from "@nominal-code/eval/Floor"
import { resultHtml } from "@nominal-code/eval/HtmlReport"
import * as Judge from "@nominal-code/eval/Judge"
import { type CaseResult, EvalResult } from "@nominal-code/eval/Measured"
import { scripted } from "@nominal-code/eval/ScriptedModel"
import * as Suite from "@nominal-code/eval/Suite"
import { caseText, resultText } from "@nominal-code/eval/TextReport"
import * as Chat from "@nominal-code/llm/Chat"
import { pricesWith } from "@nominal-code/llm/Pricing"
import { makeThread, SharedThread } from "@nominal-code/workspace/syntax/Syntax"
import { Config, Console, Effect, FileSystem, Layer, Option, Path, Runtime, Schema } from "effect"
import { distance } from "fastest-levenshtein"
import * as Configured from "../Configured.ts"
import * as CaseReviews from "../eval/CaseReviews.ts"
import * as Logging from "../Logging.ts"
import { checkPrices } from "../Prices.ts"
import { checkKey } from "../review/ModelKey.ts"
import { WrongUsage } from "../review/ReviewTarget.ts"
import { printable } from "../review/TerminalText.ts"
import * as ReviewLayers from "../ReviewLayers.ts"

/** Flags of `eval`. */
export interface EvalFlags {
  readonly suites: ReadonlyArray<string>
  readonly compare: boolean
  readonly scripted: boolean
  readonly model: Option.Option<string>
  readonly provider: Option.Option<string>
  readonly judge: Option.Option<string>
  readonly judgeUrl: Option.Option<string>
  readonly only: Option.Option<string>
  readonly candidates: Option.Option<string>
  readonly tool: Option.Option<string>
  readonly concurrency: number
  readonly maxUsd: number
  readonly floors: ReadonlyArray<Floor>
  readonly out: Option.Option<string>
  readonly json: boolean
}

/** A run with figures below their floors. The process ends with 3. */
class BelowFloor extends Schema.TaggedError<BelowFloor>()("BelowFloor", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 3
}

/** A run of which no case was completed. */
class NothingMeasured extends Schema.TaggedError<NothingMeasured>()("NothingMeasured", { message: Schema.String }) {}

/** A result that cannot be compared, because it cannot be read. */
class UnreadableResult extends Schema.TaggedError<UnreadableResult>()("UnreadableResult", { message: Schema.String }) {}

const wrong = (message: string) => new WrongUsage({ message })

const ResultText = Schema.fromJsonString(Schema.toCodecJson(EvalResult))
const decodeResult = Schema.decodeUnknownEffect(ResultText)
const encodeResult = Schema.encodeSync(Schema.toCodecJson(EvalResult))

/** Name of the file of a result, in the folder of `--out`. */
const resultFile = "result.json"

/** Reads a result, by its file or the folder that it is in. */
const readResult = Effect.fnUntraced(
  function*(place: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const isFolder = (yield* fs.stat(place)).type === "Directory"
    return yield* decodeResult(yield* fs.readFileString(isFolder ? path.join(place, resultFile) : place))
  },
  (effect, place) =>
    Effect.mapError(effect, (error) => {
      const why = error._tag === "PlatformError" ? fileTrouble(error) : error.message
      return new UnreadableResult({ message: `${place} is no result: ${why}` })
    })
)

const compare = Effect.fnUntraced(function*({ suites: [before, after] }: EvalFlags) {
  if (before === undefined || after === undefined) return yield* wrong("--compare needs two results")
  yield* Console.log(printable(compareText(yield* readResult(before), yield* readResult(after))))
})

/** The service and the name of the judge that the flags ask for. */
const judgeOf = Effect.fnUntraced(function*({ judge, judgeUrl }: EvalFlags) {
  if (Option.isNone(judge)) {
    return Option.isNone(judgeUrl) ? Judge.byWords : yield* wrong("--judge-url needs --judge, the name of its model")
  }
  if (Option.isNone(judgeUrl)) return yield* wrong("--judge needs --judge-url, the address of its endpoint")
  const { jobs: { deadline }, review: { prices } } = yield* AppConfig
  const service = "openai-compatible"
  const { costOf } = pricesWith(prices)
  return Judge.ofModel({
    service: yield* Chat.make({
      service,
      apiKey: yield* judgeKey,
      baseUrl: judgeUrl,
      limits: Chat.limitsWithin(service, deadline)
    }),
    model: judge.value,
    costOf: (usage) => costOf(judge.value, usage)
  })
})

const judgeKey = Config.option(Config.Redacted("EVAL_JUDGE_API_KEY"))

/** The configuration of a run, which knows the judge's key as a secret. */
const configuration = ({ model, provider }: EvalFlags) => {
  const flags: Flags = {
    ...Option.match(model, { onNone: () => ({}), onSome: (model) => ({ "agent.model": model }) }),
    ...Option.match(provider, { onNone: () => ({}), onSome: (provider) => ({ "agent.provider": provider }) })
  }
  return Layer.effect(
    AppConfig,
    Effect.gen(function*() {
      const config = yield* AppConfig
      return { ...config, secrets: [...config.secrets, ...Option.toArray(yield* judgeKey)] }
    })
  ).pipe(Layer.provide(AppConfigLayer.layer("review", flags)))
}

/** Largest number of names that are suggested for a case. */
const NEAREST = 5

/** The names that are most like a word, as a whole or by one of their own words. */
const nearestTo = (word: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const distanceTo = (name: string) => Math.min(...[name, ...name.split("-")].map((part) => distance(word, part)))
  return names.toSorted((one, other) => distanceTo(one) - distanceTo(other)).slice(0, NEAREST)
}

const noCase = (word: string, names: ReadonlyArray<string>) =>
  wrong(
    `--only ${word} leaves no case: none of the ${names.length} names contains it; the nearest are ` +
      nearestTo(word, names).join(", ")
  )

const suiteOf = Effect.fnUntraced(function*({ candidates, only, suites: [place = Suite.builtIn] }: EvalFlags) {
  const isGoldens = place.endsWith(".json")
  if (isGoldens && Option.isNone(candidates)) {
    return yield* wrong("a file of goldens has no code: give --candidates, too")
  }
  const suite = yield* isGoldens ? CodeReviewBench.readGoldens(place) : Suite.read(place)
  if (Option.isNone(only)) return suite
  const cases = suite.cases.filter(({ name }) => name.includes(only.value))
  return cases.length === 0 ? yield* noCase(only.value, suite.cases.map(({ name }) => name)) : { ...suite, cases }
})

/** Findings of a file in place of reviews. */
const given = Effect.fnUntraced(function*(file: string, { tool }: EvalFlags) {
  const candidates = yield* CodeReviewBench.readCandidates(file)
  const tools = CodeReviewBench.toolsIn(candidates)
  const name = Option.getOrElse(tool, () => tools.length === 1 ? tools[0] ?? "" : "")
  if (!tools.includes(name)) return yield* wrong(`--tool has to name one of ${tools.join(", ")}`)
  return { name, candidates }
})

const unlimited = (dollars: number | undefined): number => dollars === undefined || dollars === 0 ? Infinity : dollars

const printCase = (result: CaseResult) => Console.error(printable(caseText(result)))

/** Runs what the flags ask for. */
const measure = Effect.fnUntraced(
  function*(flags: EvalFlags) {
    const { review } = yield* AppConfig
    const suite = yield* suiteOf(flags)
    const common = {
      suite,
      judge: yield* judgeOf(flags),
      concurrency: flags.concurrency,
      maxUsd: unlimited(flags.maxUsd),
      maxUsdOfCase: unlimited(review.maxCostUsd),
      onCase: printCase
    } satisfies Partial<Evaluation<never, never>>
    if (Option.isSome(flags.candidates)) {
      const { candidates, name } = yield* given(flags.candidates.value, flags)
      return yield* run({
        ...common,
        reviewer: name,
        review: (one) =>
          Effect.succeed({
            findings: CodeReviewBench.findingsOf(candidates, one, name),
            cut: 0,
            usage: Option.none()
          })
      })
    }
    if (flags.scripted) {
      return yield* run({
        ...common,
        reviewer: scripted,
        review: yield* makeCaseReview(suite, CaseReviews.ofScript(review))
      })
    }
    yield* checkKey(yield* AppConfig)
    yield* checkPrices(yield* AppConfig)
    const reviewCase = yield* makeCaseReview(suite, CaseReviews.live(review))
    return yield* run({ ...common, reviewer: review.reviewer.model, review: reviewCase }).pipe(
      Effect.provide(Layer.provide(ReviewLayers.agent, Configured.reviewConfig()))
    )
  },
  Effect.provideServiceEffect(SharedThread, Effect.asSome(makeThread())),
  Effect.scoped
)

/** Writes a result into a folder: for programs, for people, and for Code Review Bench. */
const write = Effect.fnUntraced(function*(directory: string, result: EvalResult) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.makeDirectory(directory, { recursive: true })
  const files = {
    [resultFile]: `${JSON.stringify(encodeResult(result), null, 2)}\n`,
    "index.html": resultHtml(result),
    "goldens.json": CodeReviewBench.writtenGoldens(result.cases),
    "candidates.json": CodeReviewBench.writtenCandidates(result.cases, "nominal-code")
  }
  for (const [name, text] of Object.entries(files)) yield* fs.writeFileString(path.join(directory, name), text)
})

const measured = Effect.fnUntraced(function*(flags: EvalFlags) {
  const result = yield* measure(flags)
  if (Option.isSome(flags.out)) yield* write(flags.out.value, result)
  yield* Console.log(flags.json ? JSON.stringify(encodeResult(result), null, 2) : printable(resultText(result)))
  const { cases, failed } = result.metrics
  if (failed === cases) return yield* new NothingMeasured({ message: "no case was completed" })
  const missed = missedFloors(result.metrics, flags.floors)
  if (missed.length > 0) return yield* new BelowFloor({ message: missed.join("; ") })
})

/** Measures reviews on the cases of a suite, or compares two results. */
export const evaluate = Effect.fn("cli.evaluate")(function*(flags: EvalFlags) {
  if (flags.compare) return yield* compare(flags)
  if (flags.suites.length > 1) return yield* wrong("one suite at a time; --compare compares two results")
  const config = configuration(flags)
  return yield* measured(flags).pipe(
    Effect.provide(
      Layer.provideMerge(Layer.merge(Configured.git, Configured.configured(Logging.layerReview(printable))), config)
    )
  )
})
