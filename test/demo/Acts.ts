import type { ReviewComment } from "@nominal-code/testing/GitHubState"
import { now } from "@nominal-code/testing/GitHubState"
import { Effect, Fiber, type Scope, Stream } from "effect"
import { readComment } from "./Posted.ts"
import { fixedFiles } from "./SeededBugs.ts"
import { botName, DemoFailed, type Stage } from "./Stage.ts"
import * as Terminal from "./Terminal.ts"

/** Something that a spectator can make happen after the first review. */
export interface DemoAction {
  readonly name: string
  readonly key: string
  readonly label: string
  /** Makes it happen, and tells the result. */
  readonly perform: (stage: Stage) => Effect.Effect<Outcome, Error, Scope.Scope>
}

/** Result of an act. */
export interface Outcome {
  readonly text: string
  readonly isTable: boolean
}

const prose = (...paragraphs: ReadonlyArray<string>): Outcome => ({ text: paragraphs.join("\n\n"), isTable: false })

const placeOf = ({ line, path }: ReviewComment) => `\`${path}:${line}\``

/** First comments of our threads. */
const threadsOf = ({ emulator, pull }: Stage): ReadonlyArray<ReviewComment> =>
  emulator.state.reviewCommentsOf(pull).filter(({ author, inReplyTo }) =>
    author.login === botName && inReplyTo === undefined
  )

const headlineOf = (stage: Stage): string => stage.posted()?.summary.split("\n", 1)[0] ?? ""

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? "" : "s"}`

const fix = Effect.fnUntraced(function*(stage: Stage) {
  const before = headlineOf(stage)
  const open = threadsOf(stage).filter(({ thread }) => thread.resolvedBy === undefined)
  const changed = fixedFiles(stage.files())
  if (Object.keys(changed).length === 0) return prose("The fix is pushed already.")
  yield* stage.begin("Priya applies the suggestions")
  stage.model.prepareReview(() => stage.files())
  yield* stage.push("Fix what the review found", changed)
  yield* stage.settled
  const resolved = open.filter(({ thread }) => thread.resolvedBy !== undefined)
  return prose(
    `${count(resolved.length, "thread")} resolved: ${resolved.map(placeOf).join(", ")}`,
    `The headline was: ${before}`,
    `The headline is: ${headlineOf(stage)}`
  )
})

const question = "are you sure? The gateway refuses to pay an order back twice."

const ask = Effect.fnUntraced(function*(stage: Stage) {
  const open = threadsOf(stage).filter(({ thread }) => thread.resolvedBy === undefined)
  const thread = open.find(({ side }) => side === "LEFT") ?? open[0]
  if (thread === undefined) return prose("Every thread is resolved: there is nothing left to ask about.")
  yield* stage.begin(`Priya asks in the thread of ${thread.path}`)
  stage.model.prepareAnswer()
  const comment = yield* stage.emulator.reply(thread, stage.author, `@${botName} ${question}`)
  yield* stage.deliver({ event: "pull_request_review_comment", action: "created", comment })
  yield* stage.settled
  const answer = stage.emulator.state.reviewCommentsOf(stage.pull).findLast((one) =>
    one.thread === thread.thread && one.author.login === botName && one !== thread
  )
  if (answer === undefined) return yield* new DemoFailed({ message: "the question was not answered in its thread" })
  return prose(`**${stage.author}** ${comment.body}`, `**${botName}** ${readComment(answer.body).body}`)
})

const test = (cases: number): string =>
  [
    "import { refundShare } from \"../src/payments/money.ts\"",
    "",
    ...Array.from(
      { length: cases },
      (_, at) => `test("refunds 1/${at + 2}", () => refundShare({ cents: 1000, currency: "EUR" }, 1 / ${at + 2}))`
    ),
    ""
  ].join("\n")

/** Findings that stand on the pull request more than once. */
const doubled = (stage: Stage): ReadonlyArray<string> => {
  const names = threadsOf(stage).map(({ body }) => / finding=(\w+)/.exec(body)?.[1] ?? "")
  return names.filter((name, at) => names.indexOf(name) !== at)
}

const kill = Effect.fnUntraced(function*(stage: Stage) {
  const path = "test/refund.test.ts"
  const cases = (stage.files().head[path]?.match(/^test/gm)?.length ?? 0) + 1
  yield* stage.begin("Priya pushes a test, and serve is killed in its review")
  stage.model.prepareReview(() => stage.files())
  const fetched = yield* stage.emulator.journal.pipe(
    Stream.filter(({ kind, login }) => kind === "git" && login === botName),
    Stream.runHead,
    Effect.forkScoped({ startImmediately: true })
  )
  yield* stage.push("Test partial refunds", { [path]: test(cases) })
  const before = yield* stage.running
  yield* Effect.raceFirst(Fiber.join(fetched), before.died)
  yield* Effect.sleep("400 millis")
  yield* before.stop("SIGKILL")
  const killedAt = now()
  yield* Terminal.note(`kill -9 ${before.pid}: the commit is fetched, the model thinks, nothing is posted`)
  const after = yield* stage.start
  yield* Terminal.note(`process ${after.pid} takes the job from the data directory, and reviews again`)
  yield* stage.settled
  const twice = doubled(stage)
  if (twice.length > 0) return yield* new DemoFailed({ message: `findings stand twice: ${twice.join(", ")}` })
  const head = stage.pull.headSha.slice(0, 7)
  if (stage.posted()?.summary.includes(head) !== true) {
    return yield* new DemoFailed({ message: `the review of ${head} was lost` })
  }
  return prose(
    `The review of \`${head}\` is there ${Terminal.seconds(now() - killedAt)} after its first process was killed.`,
    `${count(threadsOf(stage).length, "thread")}, and none of them twice. ${headlineOf(stage)}`
  )
})

const bill = Effect.fnUntraced(function*(stage: Stage) {
  yield* stage.begin("nominal-code costs --by model")
  return { text: (yield* stage.command("costs", "--by", "model")).trimEnd(), isTable: true }
})

/** The acts in their order on the page. */
export const acts: ReadonlyArray<DemoAction> = [
  { name: "fix", key: "f", label: "Push a fix", perform: fix },
  { name: "ask", key: "q", label: "Ask a question", perform: ask },
  { name: "kill", key: "k", label: "Kill the server in a review", perform: kill },
  { name: "bill", key: "b", label: "Show the bill", perform: bill }
]
