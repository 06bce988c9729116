import {
  answerOpenCalls,
  appendUserText,
  Block,
  bytesOf,
  type Conversation
} from "@nominal-code/domain/model/Conversation"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import * as ReviewTranscript from "@nominal-code/domain/model/Transcript"
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import { claudeCode } from "@nominal-code/domain/settings/ReviewSettings"
import { type Prices, pricesWith } from "@nominal-code/llm/Pricing"
import * as TemporaryDirectory from "@nominal-code/workspace/TemporaryDirectory"
import { Deferred, Duration, Effect, FileSystem, type Layer, Option, Path, Ref, Stream } from "effect"
import type { HttpServer } from "effect/http"
import { AgentEvent, AgentProgress } from "../AgentProgress.ts"
import type { AgentResult, AgentTask } from "../AgentRunner.ts"
import { withoutOpaque } from "../Compaction.ts"
import * as LastTurn from "../LastTurn.ts"
import { SpendScope } from "../SpendScope.ts"
import { argumentsOf, effortFlag } from "./Command.ts"
import * as Dialogue from "./Dialogue.ts"
import { type ClaudeEvent, type EndEvent, serverName } from "./Events.ts"
import { failure, failureOf } from "./Failure.ts"
import type { Installation, Program } from "./Installation.ts"
import * as Spending from "./Spending.ts"
import * as SubmissionTools from "./SubmissionTools.ts"
import * as ToolServer from "./ToolServer.ts"
import * as Transcript from "./Transcript.ts"

/** Turn limit of a task without one of its own. */
const turnCeiling = 200

/** Turns beyond the limit, in which only the answer is taken. */
const extraTurns = 3

/** Time for the program to end by itself, once the answer was handed in. */
const timeToEnd = Duration.minutes(1)

/** Limit on how often a refused prompt is shortened. */
const maxCuts = 8

/** The installed program, the listener of its tools, and the limits of its runs. */
interface Environment {
  readonly program: Program
  readonly installation: Installation
  readonly listener: Layer.Layer<HttpServer.HttpServer, unknown>
  readonly limits: Dialogue.Limits
}

/** Constant parts of a running task. */
interface Session<A> extends Environment {
  readonly task: AgentTask<A>
  /** Limit of turns. */
  readonly limit: number
  readonly prices: Prices
  readonly tools: SubmissionTools.SubmissionTools<A>
  readonly transcript: Ref.Ref<Transcript.Transcript>
  /** Usage of the processes before the present one. */
  readonly earlier: Ref.Ref<Option.Option<UsageSummary>>
  readonly files: { readonly systemPromptFile: string; readonly mcpConfigFile: string }
}

/** Writes what the process reads at its start. The header of the tool server is nobody else's business. */
const writeFiles = Effect.fnUntraced(function*(system: string, { authorization, url }: ToolServer.ToolServer) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* TemporaryDirectory.make("nominal-claude-")
  const systemPromptFile = path.join(directory, "system.txt")
  const mcpConfigFile = path.join(directory, "mcp.json")
  const server = { type: "http", url, headers: { Authorization: authorization } }
  yield* fs.writeFileString(systemPromptFile, system, { mode: 0o600 })
  yield* fs.writeFileString(mcpConfigFile, JSON.stringify({ mcpServers: { [serverName]: server } }), { mode: 0o600 })
  return { systemPromptFile, mcpConfigFile }
}, Effect.mapError(({ message }) => failure("invalid-request", `a temporary file could not be written: ${message}`)))

const report = Effect.fnUntraced(function*(event: ClaudeEvent, before: Transcript.Transcript, { costOf }: Prices) {
  if (event._tag !== "Said" || Option.isSome(event.problem)) return
  if (before.turns.some(({ id }) => id === event.id)) return
  const { model, usage } = event
  const costUsd = costOf(model, usage)
  yield* (yield* AgentProgress)(
    AgentEvent.cases.Answered.make({ usage, ...(Option.isSome(costUsd) ? { costUsd: costUsd.value } : {}) })
  )
})

/** Text that asks for the answer, after one in prose. */
const nudge = <A>({ limit, task }: Session<A>, { turns }: Transcript.Transcript): string =>
  turns.length < limit ? LastTurn.nudge(task.submission.toolName) : LastTurn.order(task.submission.toolName, "")

/** Usage of all processes of a task. */
const spent = Effect.fnUntraced(function*<A>({ earlier, prices, task, transcript }: Session<A>) {
  const present = Spending.summarize(yield* Ref.get(transcript), task.settings.model, prices)
  return Option.match(yield* Ref.get(earlier), { onNone: () => present, onSome: (before) => present.plus(before) })
})

/** Start of a process: what it is told, what it knows already, and what it may spend. */
interface Opening {
  readonly prompt: string
  readonly resume: Option.Option<string>
  readonly maxUsd: Option.Option<number>
}

/** Runs one process until it has handed in the answer, has ended in an error, or has written prose twice. */
const converse = Effect.fnUntraced(
  function*<A>(session: Session<A>, { maxUsd, prompt, resume }: Opening) {
    const { tools, earlier, files, installation, limit, limits, program, task, transcript } = session
    const before = yield* spent(session)
    if (before.calls > 0) yield* Ref.set(earlier, Option.some(before))
    const resumed = Option.isSome(resume)
    const known = resumed ? task.history.messages.reduce((sum, message) => sum + bytesOf(message), 0) : 0
    const openingBytes = known + Buffer.byteLength(task.system + JSON.stringify(tools.specs) + prompt)
    yield* Ref.set(transcript, { ...Transcript.empty, resumed, openingBytes })
    const args = argumentsOf(
      {
        ...files,
        model: task.settings.model,
        effort: task.settings.effort,
        maxTurns: limit + extraTurns,
        maxUsd: Option.map(maxUsd, (usd) => Spending.leftOf(usd, before)),
        resume
      },
      installation.knows
    )
    const dialogue = yield* Dialogue.open(program, args, limits)
    yield* dialogue.say(limit === 1 ? `${prompt}\n\n${LastTurn.demand(task.submission.toolName)}` : prompt)
    let nudged = false
    const goesOn = Effect.fnUntraced(function*(event: ClaudeEvent) {
      const before = yield* Ref.get(transcript)
      const now = Transcript.add(before, event)
      yield* Ref.set(transcript, now)
      yield* report(event, before, session.prices)
      if (event._tag !== "Ended") return true
      if (event.isError || nudged || (yield* Deferred.isDone(tools.accepted))) return false
      nudged = true
      const words = nudge(session, now)
      yield* Ref.set(transcript, { ...Transcript.told(now, words), end: Option.none() })
      yield* dialogue.say(words)
      return true
    })
    yield* Effect.raceFirst(
      Stream.runForEachWhile(dialogue.events, goesOn),
      Effect.andThen(Deferred.await(tools.accepted), Effect.sleep(timeToEnd))
    )
    const { end } = yield* Ref.get(transcript)
    if (Option.isSome(end)) yield* dialogue.finish
    else if (!(yield* Deferred.isDone(tools.accepted))) return yield* yield* dialogue.ended
    return end
  },
  Effect.scoped
)

/** Statements of earlier reviews, for a session that does not have them. */
const recap = ({ messages }: Conversation, toolName: string): string => {
  const said = messages.filter(({ role }) => role === "assistant").flatMap(({ content }) =>
    content.flatMap((block) => {
      if (Block.guards.Text(block)) return [block.text]
      return Block.guards.ToolUse(block) && block.name === toolName ? [JSON.stringify(block.input)] : []
    })
  )
  return said.length === 0 ? "" : `Your earlier reviews of this pull request:\n\n${said.join("\n\n")}\n\n---\n\n`
}

const limits = new Set(["error_max_turns", "error_max_budget_usd"])

/** True for an error that is not the limit of a task. */
const isFailure = ({ isError, subtype }: EndEvent) => isError && !limits.has(subtype)

/**
 * Has the conversation, with as little in it as it takes: where the session of earlier reviews is gone, a new one; where
 * the model refuses the prompt as too long, a shorter one. Answers with the prompt that was taken.
 */
const attempt = <A>(
  session: Session<A>,
  { maxUsd, prompt, resume }: Opening,
  cuts = maxCuts
): Effect.Effect<string, Effect.Error<ReturnType<typeof converse>>, Effect.Services<ReturnType<typeof converse>>> =>
  Effect.gen(function*() {
    const { tools, task, transcript } = session
    const afresh = { prompt, maxUsd, resume: Option.none() }
    const known = Option.isSome(resume) ? "" : recap(task.history, task.submission.toolName)
    const end = yield* converse(session, { maxUsd, resume, prompt: known + prompt })
    if (Option.isNone(end) || !isFailure(end.value) || (yield* Deferred.isDone(tools.accepted))) return prompt
    const told = yield* Ref.get(transcript)
    if (Option.isSome(resume) && Option.isNone(told.sessionId)) return yield* attempt(session, afresh, cuts)
    const error = yield* failureOf(end.value, told)
    if (error.reason !== "context-too-long" || cuts === 0) return yield* error
    if (Option.isSome(resume)) return yield* attempt(session, afresh, cuts - 1)
    const shorter = yield* task.shorter ?? Effect.succeedNone
    if (Option.isNone(shorter)) return yield* error
    yield* Effect.logWarning("The conversation was too long for the model and was cut down")
    return yield* attempt(session, { ...afresh, prompt: shorter.value }, cuts - 1)
  })

const stoppedBy = (end: Option.Option<EndEvent>): AgentResult<unknown>["stopped"] =>
  Option.match(end, {
    onNone: () => "prose",
    onSome: ({ subtype }) =>
      subtype === "error_max_turns" ? "turns" : subtype === "error_max_budget_usd" ? "budget" : "prose"
  })

/** The prompt that was taken, and the limit of dollars that ended the work. */
interface TaskEnd {
  readonly prompt: string
  readonly limit: Option.Option<SpendLimit>
}

const toResult = Effect.fnUntraced(function*<A>(session: Session<A>, { limit, prompt }: TaskEnd) {
  const { tools, task, transcript } = session
  const told = yield* Ref.get(transcript)
  const answer = yield* tools.answer
  const history = answerOpenCalls(task.history.messages).map(withoutOpaque)
  const sessionId = Option.isSome(told.sessionId) ? { sessionId: told.sessionId.value } : {}
  const result: AgentResult<A> = {
    answer,
    text: told.text,
    conversation: { ...sessionId, messages: [...appendUserText(history, prompt), ...Transcript.messagesOf(told)] },
    turns: told.turns.length,
    usage: yield* spent(session),
    ...(Option.isSome(limit) ? { limit: limit.value } : {}),
    stopped: Option.isSome(answer) ? "submitted" : Option.isSome(limit) ? "budget" : stoppedBy(told.end)
  }
  return result
})

/** Does the work of a task within its money. */
const work = <A>(session: Session<A>) => {
  const { task: { history, maxCostUsd, prompt, settings: { model } }, transcript } = session
  return Spending.charged({
    model,
    maxCostUsd,
    spent: spent(session),
    lost: Effect.map(Ref.get(transcript), (told) => Spending.lostOf(told, model, session.prices)),
    refused: (limit) => Effect.succeed<TaskEnd>({ prompt, limit: Option.some(limit) }),
    run: ({ limit, maxUsd }) =>
      Effect.gen(function*() {
        const taken = yield* attempt(session, { prompt, maxUsd, resume: Option.fromUndefinedOr(history.sessionId) })
        const { end } = yield* Ref.get(transcript)
        const isSpent = Option.exists(end, ({ subtype }) => subtype === "error_max_budget_usd")
        const done: TaskEnd = { prompt: taken, limit: isSpent ? limit : Option.none() }
        return done
      })
  })
}

/** Tells the review's transcript of the calls, as those of our own loop are told. */
const tellCalls = Effect.fnUntraced(function*<A>({ task, transcript }: Session<A>) {
  const tell = yield* ReviewTranscript.Transcript
  const { turns } = yield* Ref.get(transcript)
  const system = ReviewTranscript.digest(task.system)
  for (const [at, { content, model, usage }] of turns.entries()) {
    const before = turns.slice(0, at).map(({ content, results }) => [content, results])
    yield* tell(ReviewTranscript.TranscriptEvent.cases.Answered.make({
      provider: claudeCode,
      model,
      request: ReviewTranscript.digest([task.system, task.prompt, before]),
      system,
      results: (turns[at - 1]?.results ?? []).filter(Block.guards.ToolResult),
      content,
      stop: content.some(Block.guards.ToolUse) ? "tool-use" : "end",
      usage
    }))
  }
})

/** Runs a task with Claude Code. */
export const run = Effect.fnUntraced(function*<A>(task: AgentTask<A>, environment: Environment) {
  const context = yield* Effect.context<never>()
  const transcript = yield* Ref.make(Transcript.empty)
  const limit = task.settings.maxTurns === 0 ? turnCeiling : task.settings.maxTurns
  const tools = yield* SubmissionTools.make(task, limit, Effect.map(Ref.get(transcript), ({ turns }) => turns.length))
  const server = yield* ToolServer.make({
    specs: tools.specs,
    call: (name, input) => Effect.provideContext(tools.call(name, input), context)
  }, environment.listener)
  const files = yield* writeFiles(task.system, server)
  const { knows, version } = environment.installation
  if (task.settings.effort !== undefined && !knows(effortFlag)) {
    yield* Effect.logWarning(`Claude Code ${version} cannot be told an effort: run \`claude update\``)
  }
  const prices = pricesWith((yield* SpendScope).prices)
  const earlier = yield* Ref.make(Option.none<UsageSummary>())
  const session: Session<A> = { ...environment, task, limit, prices, tools, transcript, earlier, files }
  const result = yield* toResult(session, yield* Effect.ensuring(work(session), tellCalls(session)))
  yield* Effect.logInfo("Claude Code is done").pipe(Effect.annotateLogs({
    stopped: result.stopped,
    turns: result.turns,
    model: result.usage.model,
    version,
    ...result.usage.usage
  }))
  return result
}, Effect.scoped)
