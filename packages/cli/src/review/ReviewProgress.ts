import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import { oneLine } from "@nominal-code/domain/OneLine"
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
  readonly calls: number
  readonly tokens: number
  /** Absent when a model has no known price. */
  readonly costUsd: number | undefined
}

const eraseLine = "\r\u001b[2K"
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
const frameMillis = 100

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

const write = (text: string) => Effect.sync(() => void process.stderr.write(text))

/** Progress of one review on stderr. A live line is gone when the scope closes. */
export const make = Effect.fnUntraced(function*(form: ProgressForm) {
  const startedAt = yield* Clock.currentTimeMillis
  const progress = yield* Ref.make<Progress>({ step: "Starting", calls: 0, tokens: 0, costUsd: 0 })
  const elapsed = Effect.map(Clock.currentTimeMillis, (now) => now - startedAt)
  const draw = Effect.gen(function*() {
    const millis = yield* elapsed
    const now = yield* Ref.get(progress)
    const frame = frames[Math.floor(millis / frameMillis) % frames.length] ?? ""
    yield* write(eraseLine + cut(`${frame} ${now.step} · ${figures(now, millis)}`, width()))
  })
  if (form === "live") {
    yield* Effect.addFinalizer(() => write(eraseLine))
    yield* Effect.forkScoped(Effect.repeat(draw, Schedule.spaced(frameMillis)))
  }
  const tell = (text: string) =>
    form === "quiet" ? Effect.void : write(form === "live" ? `${eraseLine}${text}\n` : `${text}\n`)

  const step = Effect.fnUntraced(function*(step: string) {
    yield* Ref.update(progress, (before) => ({ ...before, step }))
    if (form === "plain") yield* tell(step)
  })

  const onEvent = (event: AgentEvent): Effect.Effect<void> =>
    Match.valueTags(event, {
      Answered: ({ costUsd, usage }) =>
        Ref.update(progress, (before) => ({
          ...before,
          calls: before.calls + 1,
          tokens: before.tokens + usage.total,
          costUsd: before.costUsd === undefined || costUsd === undefined ? undefined : before.costUsd + costUsd
        })),
      Replaced: ({ model, provider }) =>
        tell(printable(`  ${provider} ${model} goes on, because the model before is away`)),
      Waiting: ({ millis, provider }) =>
        tell(printable(`  waits ${Duration.format(Duration.millis(millis))} for the rate of ${provider}`)),
      ToolStarted: ({ agent, input, tool }) =>
        tell(
          cut(
            `  ${agent === undefined ? "" : `[${agent}] `}${toolText(tool, input)}`,
            form === "live" ? width() : longestLine
          )
        )
    })

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
    /** Makes the agents of an effect report here. */
    listen: Effect.provideService(AgentProgress, onEvent),
    /** A log line that does not run into a live one. */
    logLine: (line: string): string => `${form === "live" ? eraseLine : ""}${printable(line)}`
  }
})

/** Progress of one review. */
export type ReviewProgress = Effect.Success<ReturnType<typeof make>>
