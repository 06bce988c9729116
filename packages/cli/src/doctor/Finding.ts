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

/** Way to ask a service. */
export interface AskOptions<E> {
  /** Advice about a service that does not answer. */
  readonly remedy: string
  /** True if an error means that the service does not answer; by default, none does. */
  readonly isAway?: (error: E) => boolean
  /** Longest wait for the answer: ten seconds, unless told. */
  readonly patience?: Duration.Duration
}

/** Findings of a question to a service, whose failure is a problem itself. */
export const asked = <A extends ReadonlyArray<SetupFinding>, E extends { readonly message: string }, R>(
  area: Area,
  what: string,
  question: Effect.Effect<A, E, R>,
  { isAway = () => false, patience = Duration.seconds(10), remedy }: AskOptions<E>
): Effect.Effect<ReadonlyArray<SetupFinding>, never, R> =>
  question.pipe(
    Effect.timeoutOption(patience),
    Effect.map((answer): ReadonlyArray<SetupFinding> =>
      Option.getOrElse(
        answer,
        () => [problem(area, `${what} does not answer within ${Duration.format(patience)}: ${remedy}`)]
      )
    ),
    Effect.catch((error) =>
      Effect.succeed([problem(area, `${what}: ${error.message}${isAway(error) ? `: ${remedy}` : ""}`)])
    )
  )
