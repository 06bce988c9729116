import { Duration, Effect, Option } from "effect"

/** One fact about the setup: that something works, or what is wrong with it and what to do. */
export interface SetupFinding {
  readonly area: "configuration" | "forge" | "model" | "machine" | "storage"
  readonly status: "ok" | "warning" | "problem"
  readonly text: string
}

type Area = SetupFinding["area"]

export const ok = (area: Area, text: string): SetupFinding => ({ area, status: "ok", text })
export const warning = (area: Area, text: string): SetupFinding => ({ area, status: "warning", text })
export const problem = (area: Area, text: string): SetupFinding => ({ area, status: "problem", text })

/** Time limit of one question to a service. */
const patience = Duration.seconds(10)

/** Findings of a question to a service, whose failure is a problem itself. It takes ten seconds at most. */
export const asked = <A extends ReadonlyArray<SetupFinding>, E extends { readonly message: string }, R>(
  area: Area,
  what: string,
  question: Effect.Effect<A, E, R>
): Effect.Effect<ReadonlyArray<SetupFinding>, never, R> =>
  question.pipe(
    Effect.timeoutOption(patience),
    Effect.map((answer): ReadonlyArray<SetupFinding> =>
      Option.getOrElse(answer, () => [problem(area, `${what} does not answer within ${Duration.format(patience)}`)])
    ),
    Effect.catch(({ message }) => Effect.succeed([problem(area, `${what}: ${message}`)]))
  )
