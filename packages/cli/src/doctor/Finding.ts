import { Duration, Effect, Option } from "effect"

/** One fact about the setup: that something works, what could not be seen, or what is wrong with it and what to do. */
export interface SetupFinding {
  readonly area: "configuration" | "forge" | "model" | "machine" | "storage" | "cluster"
  readonly status: "ok" | "note" | "warning" | "problem"
  readonly text: string
}

type Area = SetupFinding["area"]

export const ok = (area: Area, text: string): SetupFinding => ({ area, status: "ok", text })
export const note = (area: Area, text: string): SetupFinding => ({ area, status: "note", text })
export const warning = (area: Area, text: string): SetupFinding => ({ area, status: "warning", text })
export const problem = (area: Area, text: string): SetupFinding => ({ area, status: "problem", text })

/** Findings of a question to a service, whose failure is a problem itself. It takes ten seconds at most, or `patience`. */
export const asked = <A extends ReadonlyArray<SetupFinding>, E extends { readonly message: string }, R>(
  area: Area,
  what: string,
  question: Effect.Effect<A, E, R>,
  patience = Duration.seconds(10)
): Effect.Effect<ReadonlyArray<SetupFinding>, never, R> =>
  question.pipe(
    Effect.timeoutOption(patience),
    Effect.map((answer): ReadonlyArray<SetupFinding> =>
      Option.getOrElse(answer, () => [problem(area, `${what} does not answer within ${Duration.format(patience)}`)])
    ),
    Effect.catch(({ message }) => Effect.succeed([problem(area, `${what}: ${message}`)]))
  )
