import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import type { LlmError } from "@nominal-code/llm/LlmError"
import * as Retry from "@nominal-code/llm/Retry"
import { Clock, Duration, Effect, Match, Predicate, Ref, Schedule } from "effect"
import process from "node:process"
import { cut, printable, widthOf, wrap } from "./TerminalText.ts"

/**
 * Form of the progress: `live` redraws a line on a terminal, `plain` writes a line for each thing that happens, `quiet`
 * writes nothing.
 */
export type ProgressForm = "live" | "plain" | "quiet"

interface Progress {
  readonly step: string
  /** Service that the step spends its time on. */
  readonly service: string | undefined
  readonly calls: number
  readonly tokens: number
  /** Absent when a model has no known price. */
  readonly costUsd: number | undefined
}

const eraseLine = "\r\u001b[2K"
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
const frameMillis = 100

/** Silence after which a live line names the awaited service. */
const patienceMillis = 2000

/** Length limit of a line where no terminal sets one. */
const longestLine = 200

const tokensText = (tokens: number): string => tokens < 1000 ? `${tokens}` : `${(tokens / 1000).toFixed(1)}k`

const figures = ({ costUsd, tokens }: Progress, millis: number): string =>
  [
    `${tokensText(tokens)} tokens`,
    ...(costUsd === undefined ? [] : [`$${costUsd.toFixed(costUsd < 0.1 ? 3 : 2)}`]),
    `${Math.floor(millis / 1000)} s`
  ].join(" · ")

/** A tool's call in one line: its name and the texts of its input. */
const toolText = (tool: string, input: unknown): string => {
  const words = Predicate.isObject(input) ? Object.values(input).filter(Predicate.isString) : []
  return printable(oneLine([tool, ...words].join(" ")))
}

/** Width of the terminal that progress is drawn on, without its last column, where some terminals begin a new line. */
const width = (): number => Math.max(10, widthOf(process.stderr) - 1)

const roundedWait = (wait: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.max(1, Math.round(Duration.toSeconds(wait)))))

const write = (text: string) => Effect.sync(() => void process.stderr.write(text))

/** Progress of one review on stderr. A live line is gone when the scope closes. */
export const make = Effect.fnUntraced(function*(form: ProgressForm) {
  const startedAt = yield* Clock.currentTimeMillis
  const progress = yield* Ref.make<Progress>({ step: "Starting", service: undefined, calls: 0, tokens: 0, costUsd: 0 })
  const lastHeard = yield* Ref.make(startedAt)
  const elapsed = Effect.map(Clock.currentTimeMillis, (now) => now - startedAt)
  const draw = Effect.gen(function*() {
    const millis = yield* elapsed
    const now = yield* Ref.get(progress)
    const frame = frames[Math.floor(millis / frameMillis) % frames.length] ?? ""
    const silent = startedAt + millis - (yield* Ref.get(lastHeard))
    const waits = now.service === undefined || silent < patienceMillis ? "" : ` · waits for ${now.service}`
    yield* write(eraseLine + cut(`${frame} ${now.step} · ${figures(now, millis)}${waits}`, width()))
  })
  if (form === "live") {
    yield* Effect.addFinalizer(() => write(eraseLine))
    yield* Effect.forkScoped(Effect.repeat(draw, Schedule.spaced(frameMillis)))
  }
  const tell = (text: string) =>
    form === "quiet" ? Effect.void : write(form === "live" ? `${eraseLine}${text}\n` : `${text}\n`)
  const heard = Effect.flatMap(Clock.currentTimeMillis, (now) => Ref.set(lastHeard, now))

  const step = Effect.fnUntraced(function*(step: string, service?: string) {
    yield* heard
    yield* Ref.update(progress, (before) => ({ ...before, step, service }))
    if (form === "plain") yield* tell(step)
  })

  const onEvent = (event: AgentEvent): Effect.Effect<void> => Effect.andThen(heard, toldEvent(event))

  const toldEvent = (event: AgentEvent): Effect.Effect<void> =>
    Match.valueTags(event, {
      Answered: ({ costUsd, usage }) =>
        Ref.update(progress, (before) => ({
          ...before,
          calls: before.calls + 1,
          tokens: before.tokens + usage.total,
          costUsd: before.costUsd === undefined || costUsd === undefined ? undefined : before.costUsd + costUsd
        })),
      Replaced: ({ model, provider }) =>
        tell(printable(`  ${provider} ${model} continues, because the model before it is away`)),
      Waiting: ({ millis, provider }) =>
        tell(printable(`  waits ${Duration.format(Duration.millis(millis))} for ${provider}`)),
      ToolStarted: ({ agent, input, tool }) =>
        tell(
          cut(
            `  ${agent === undefined ? "" : `[${agent}] `}${toolText(tool, input)}`,
            form === "live" ? width() : longestLine
          )
        )
    })

  const onRetry = ({ message, provider }: LlmError, wait: Duration.Duration): Effect.Effect<void> =>
    tell(`  ${printable(oneLine(`${provider} is asked again in ${roundedWait(wait)}: ${message}`))}`)

  const finish = Effect.gen(function*() {
    const now = yield* Ref.get(progress)
    const calls = `${now.calls} model ${now.calls === 1 ? "call" : "calls"}`
    const text = `Reviewed: ${calls} · ${figures(now, yield* elapsed)}`
    yield* tell(form === "live" ? wrap(text, width()).join("\n") : text)
  })

  return {
    step,
    /** Tells what the review took. */
    finish,
    /** Makes the agents and the model calls of an effect report here. */
    listen: <A, E, R>(review: Effect.Effect<A, E, R>) =>
      review.pipe(Effect.provideService(AgentProgress, onEvent), Effect.provideService(Retry.OnRetry, onRetry)),
    /** A log line that does not run into a live one. */
    logLine: (line: string): string => `${form === "live" ? eraseLine : ""}${printable(line)}`
  }
})

/** Progress of one review. */
export type ReviewProgress = Effect.Success<ReturnType<typeof make>>
