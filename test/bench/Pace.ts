/** Pace of the deliveries. */
export type Pace =
  /** Always `atOnce` of them on their way. */
  | { readonly _tag: "FlatOut"; readonly atOnce: number }
  /** One after another at a steady rate, answered or not. */
  | { readonly _tag: "Steady"; readonly perSecond: number }

/** A clock in milliseconds, with its timer. */
export interface Timer {
  readonly now: () => number
  readonly after: (millis: number, run: () => void) => void
}

/** The clock of this machine. */
const machine: Timer = {
  now: () => performance.now(),
  after: (millis, run) => {
    setTimeout(run, millis)
  }
}

/**
 * Calls `send` at a steady rate, the first time at once. Each call has its own due time after the first one: what is late
 * is caught up with, and nothing is left out.
 */
export const steadily = (count: number, perSecond: number, send: () => void, timer: Timer = machine): void => {
  const started = timer.now()
  const next = (sent: number): void => {
    send()
    const due = started + ((sent + 1) / perSecond) * 1000
    if (sent + 1 < count) timer.after(Math.max(0, due - timer.now()), () => next(sent + 1))
  }
  if (count > 0) next(0)
}
