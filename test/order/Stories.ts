import type { Sha } from "@nominal-code/domain/event/PullRequest"
import type { LifecycleKind } from "@nominal-code/domain/event/PullRequestEvent"
import { shaOf } from "@nominal-code/testing/Jobs"

/** Events of a pull request after it was opened. `back`: its branch is set back to its first commit. */
const steps = ["push", "back", "reopened", "ready"] as const
type Step = typeof steps[number]

const kinds: Record<Step, LifecycleKind> = {
  push: "pr_push",
  back: "pr_push",
  reopened: "pr_reopened",
  ready: "pr_ready_for_review"
}

/** Something that happened to the pull request, and what its webhooks say of it. */
interface PullRequestChange {
  readonly kind: LifecycleKind
  readonly head: Sha
}

/** State of a pull request as its forge shows it. */
export interface ForgeState {
  readonly head: Sha
  readonly state: "open" | "closed" | "draft"
}

/** A pull request's life, and the order in which its deliveries come. */
export interface Story {
  readonly happenings: ReadonlyArray<PullRequestChange>
  /** The delivered happenings, by their numbers. What is missing is never delivered. */
  readonly order: ReadonlyArray<number>
  /** True if it was closed from the event before its reopening on, or a draft; false if only for a moment. */
  readonly early: boolean
}

const headAfter = (history: ReadonlyArray<Step>): string => {
  const moved = history.findLastIndex((step) => step === "push" || step === "back")
  return history[moved] === "push" ? String(moved + 1) : "0"
}

/** Every history of a pull request with at most so many events. A push moves the head. */
const histories = (longest: number): ReadonlyArray<ReadonlyArray<Step>> =>
  longest <= 1 ?
    [[]] :
    histories(longest - 1).flatMap((history) => {
      if (history.length < longest - 2) return [history]
      const next = steps.filter((step) => step !== "back" || headAfter(history) !== "0")
      return [history, ...next.map((step) => [...history, step])]
    })

/** Every order of at most so many deliveries of these events: each comes twice, once, or not at all. */
const orders = (events: number, longest: number): ReadonlyArray<ReadonlyArray<number>> =>
  longest === 0 ? [[]] : orders(events, longest - 1).flatMap((order) => {
    if (order.length < longest - 1) return [order]
    const more = Array.from({ length: events }, (_, event) => event)
      .filter((event) => order.filter((one) => one === event).length < 2)
    return [order, ...more.map((event) => [...order, event])]
  })

const happeningsOf = (history: ReadonlyArray<Step>): ReadonlyArray<PullRequestChange> => [
  { kind: "pr_opened", head: shaOf("0") },
  ...history.map((step, index) => ({ kind: kinds[step], head: shaOf(headAfter(history.slice(0, index + 1))) }))
]

/** The pull request once the happening of that number has happened, and none after it. */
export const shownAt = ({ early, happenings }: Story, happened: number): ForgeState => {
  const next = early ? happenings[happened + 1]?.kind : undefined
  const state = next === "pr_reopened" ? "closed" : next === "pr_ready_for_review" ? "draft" : "open"
  return { head: happenings[happened]?.head ?? shaOf("0"), state }
}

/** Gives things numbers in the order of their appearance. */
const numbering = () => {
  const numbers = new Map<string, number>()
  return (thing: string): number => {
    const number = numbers.get(thing) ?? numbers.size
    numbers.set(thing, number)
    return number
  }
}

/**
 * All that the queue and the runs may get to see of a story. Commits and deliveries are told apart, and not what they are
 * called; nor is a reopening from the end of a draft where the pull request is never seen closed or as a draft.
 */
const seenOf = (story: Story): string => {
  const { happenings, order } = story
  const reached = order.reduce<ReadonlyArray<number>>((all, event) => [...all, Math.max(all.at(-1) ?? 0, event)], [0])
  const last = happenings.length - 1
  const shown = [...reached, last].map((happened) => shownAt(story, happened))
  const isOpen = shown.every(({ state }) => state === "open")
  const [commit, delivery, kindOf] = [numbering(), numbering(), numbering()]
  const told = order.map((event) => {
    const { head, kind } = happenings[event] ?? { head: "", kind: "" }
    const isEnd = kind === "pr_reopened" || kind === "pr_ready_for_review"
    return [delivery(String(event)), isOpen && isEnd ? kindOf(kind) : kind, commit(head)]
  })
  return JSON.stringify([told, shown.map(({ head, state }) => [commit(head), state]), order.includes(last)])
}

const all = histories(4).flatMap((history) =>
  orders(history.length + 1, 4).flatMap((order) =>
    [false, true].map((early): Story => ({ happenings: happeningsOf(history), order, early }))
  )
)

/**
 * The stories of at most four events and four deliveries, in every order, each delivery late, twice or missing. Of those that
 * the queue and the runs cannot tell apart, one is told.
 */
export const stories: ReadonlyArray<Story> = [...new Map(all.map((story) => [seenOf(story), story])).values()]
