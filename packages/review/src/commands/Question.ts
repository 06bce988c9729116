import { AgentRunner, type Submission } from "@nominal-code/agent/AgentRunner"
import { ignoreMatcher } from "@nominal-code/domain/file/IgnorePatterns"
import { Failure } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { ensureWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import { within } from "@nominal-code/domain/settings/RepositorySettings"
import { answererOf } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge, type PullRequestView } from "@nominal-code/forge/Forge"
import { fit } from "@nominal-code/forge/Markdown"
import { Effect, Option, Schema } from "effect"
import * as History from "../context/History.ts"
import * as RepositoryConfig from "../context/RepositoryConfig.ts"
import { beginRun } from "../Drafting.ts"
import { notPosted } from "../DryRun.ts"
import { failed } from "../Failure.ts"
import { dismissFinding } from "../ledger/Dismissal.ts"
import { findingOf } from "../ledger/FindingOfThread.ts"
import { conversationOf, isOurs } from "../ledger/Thread.ts"
import { languageText } from "../prompt/Prompt.ts"
import { questionPrompt } from "../prompt/QuestionPrompt.ts"
import * as PromptFiles from "../PromptFiles.ts"
import { ReviewConfig } from "../ReviewConfig.ts"
import { onHead, toOutcome } from "../RunOutcome.ts"
import { charged, limitReached, usedUp } from "../Spending.ts"

/** The model's answer to a question. */
interface Answer {
  readonly summary: string
  /** True if the finding that the question replies to does not hold. */
  readonly withdraw: boolean
}

const summary = Schema.Trim.check(Schema.isNonEmpty()).annotate({
  description: "The answer, as it is posted where the question was asked. Markdown."
})
const withdraw = Schema.optionalKey(Schema.Boolean).annotate({
  description: "True if your finding does not hold, or what it describes is intended: it is withdrawn."
})
const Plain = Schema.Struct({ summary })
const AboutFinding = Schema.Struct({ summary, withdraw })
const decode = Schema.decodeUnknownEffect(AboutFinding)

/**
 * Submission of an answer. It has the name of a review's, so that every model has one way to hand in its work; findings
 * in it are not read.
 */
const submissionOf = (finding: Option.Option<Fingerprint>): Submission<Answer> => ({
  toolName: "submit_review",
  description: "Hands in the answer and ends the work. Call it once.",
  input: Option.isSome(finding) ? AboutFinding : Plain,
  decode: (input) =>
    decode(input).pipe(
      Effect.map(({ summary, withdraw = false }) => ({ summary, withdraw: withdraw && Option.isSome(finding) })),
      Effect.mapError(({ message }) => message)
    )
})

/** Maximum length of an answer. */
const longestAnswer = 20_000

const noAnswer = failed(Failure.cases.Model.make({ reason: "no-review", detail: "the model gave no answer" }), false)

/** Has the agent answer a question about the head of a view. Nothing is posted. */
export const ask = Effect.fn("Question.ask")(function*(
  job: Job,
  question: string,
  view: Pick<PullRequestView, "discussions" | "pullRequest">
) {
  const { discussions, pullRequest } = view
  const config = yield* ReviewConfig
  const { event } = job
  const spent = yield* limitReached(job, config.settings, answererOf(config.settings))
  if (Option.isSome(spent)) return { text: "", withdrawn: Option.none(), limit: spent.value }
  const checkout = yield* beginRun(job, view)
  const settings = within(config.settings, (yield* RepositoryConfig.read(checkout)).settings)
  const [files, commits] = yield* Effect.all([checkout.changedFiles, checkout.commits], { concurrency: 2 })
  const ours = isOurs(job, settings)
  const finding = findingOf(event, discussions, ours)
  const isIgnored = ignoreMatcher(settings.ignorePatterns)
  const answerer = answererOf(settings)
  const result = yield* (yield* AgentRunner).run<Answer>({
    settings: answerer,
    system: [
      answerer.systemPrompt ?? (yield* PromptFiles.load("question_prompt")),
      ...languageText(settings.language)
    ].join("\n\n"),
    prompt: questionPrompt({
      pullRequest,
      commits,
      files: files.filter(({ path }) => !isIgnored(path)),
      question,
      place: event._tag === "Comment"
        ? { path: event.filePath, hunk: event.diffHunk, line: event.line, side: event.side }
        : {},
      talk: conversationOf(event, discussions, ours),
      isOurs: ours,
      aboutFinding: Option.isSome(finding)
    }),
    tools: checkout.tools,
    history: History.none,
    submission: submissionOf(finding)
  }).pipe(charged(job, settings))
  const written = Option.getOrElse(result.answer, () => ({ summary: result.text, withdraw: false }))
  return {
    text: fit(written.summary, longestAnswer).trim(),
    withdrawn: Option.filter(finding, () => written.withdraw),
    limit: result.stopped === "budget" ? result.limit ?? "review" : undefined,
    usage: result.usage
  }
}, Effect.scoped)

/** Answers a question once for its job. */
const answerOnce = Effect.fnUntraced(function*(job: Job, question: string, view: PullRequestView) {
  const { posts } = view
  const { limit, text, usage, withdrawn } = yield* onHead(view, (now) => ask(job, question, now))
  if (text === "" && limit === undefined) return noAnswer
  const said = text === "" && limit !== undefined ? `I cannot answer this: ${usedUp(limit)}.` : text
  const { settings: { dryRun } } = yield* ReviewConfig
  if (!dryRun) {
    yield* ensureWanted
    if (Option.isSome(withdrawn)) {
      yield* dismissFinding(job, posts, { finding: withdrawn.value, text: `I withdraw this finding.\n\n${said}` })
    } else yield* (yield* Forge).reply(job.event, job.id, said, posts)
  }
  return JobOutcome.cases.Answered.make({
    command: "ask",
    ...(usage === undefined ? {} : { usage }),
    ...(dryRun ? { text: yield* notPosted(said) } : {})
  })
})

/**
 * Answers a job's question where it was asked, from the newest commit: without a headline, without findings, and at a
 * fraction of a review's cost. A reply to a finding of ours may withdraw it, which resolves its thread.
 */
export const answer = Effect.fn("Question.answer")(
  function*(job: Job, question: string) {
    yield* ensureWanted
    const view = yield* (yield* Forge).look(job.event.pullRequest, job.id)
    const answered = JobOutcome.cases.Answered.make({ command: "ask" })
    return Option.isSome(view.posts.answer) ? answered : yield* answerOnce(job, question, view)
  },
  (effect, { event }) => toOutcome(event, answererOf)(effect)
)
