import type { RequestRecord } from "@nominal-code/testing/GitHubJournal"
import type { ModelTurn } from "@nominal-code/testing/ScriptedModel"

/** Something that happened on the way of the review. Times are milliseconds since the epoch. */
export interface Step {
  readonly what: string
  readonly detail: string
  readonly startedAt: number
  readonly endedAt: number
}

const tools = ({ answer: { calls = [] } }: ModelTurn): string => {
  const counts = Map.groupBy(calls, ({ name }) => name)
  return [...counts].map(([name, { length }]) => length === 1 ? name : `${name} ×${length}`).join(", ")
}

/** A model's turn: of the agent that reviews, or of the one that verifies what it claims. */
const stepOfTurn = (turn: ModelTurn): Step => ({
  what: turn.answer.calls?.some(({ name }) => name === "submit_verdicts") === true
    ? "Claims verified"
    : `Model, turn ${turn.request.turn + 1}`,
  detail: turn.answer.error?.message ?? (tools(turn) || "text"),
  startedAt: turn.startedAt,
  endedAt: turn.endedAt
})

const named: Readonly<Record<string, readonly [what: string, detail: string]>> = {
  "reactions/create-for-issue": ["Reaction", "👀 on the pull request"],
  graphql: ["Pull request read", "title, branches, head commit, reviews and threads"],
  "pulls/get": ["Pull request read again", "nothing was pushed meanwhile"],
  "pulls/create-review": ["Review posted", "summary and inline comments"],
  "pulls/update-review": ["Review updated", "its headline, and what is open"],
  "pulls/create-reply-for-review-comment": ["Thread answered", "a reply under the finding"],
  "issues/create-comment": ["Comment posted", "an answer without inline comments"]
}

/** The steps in what the forge is asked. Git's requests are one step, each other thing is told once. */
export const makeSteps = () => {
  const told = new Set<string>()
  let git: Step | undefined

  const takeGit = (): ReadonlyArray<Step> => {
    const step = git
    git = undefined
    return step === undefined ? [] : [step]
  }

  const onRequest = ({ endedAt, kind, operation, startedAt, status }: RequestRecord): ReadonlyArray<Step> => {
    if (kind === "git") {
      const detail = "refs/pull/N/head over HTTP, at the event's commit"
      git = { what: "Commit fetched", detail, startedAt: git?.startedAt ?? startedAt, endedAt }
      return []
    }
    const [what, detail] = named[operation] ?? []
    if (what === undefined || detail === undefined || told.has(operation) || status >= 300) return []
    told.add(operation)
    const before = git !== undefined && git.endedAt <= startedAt ? takeGit() : []
    return [...before, { what, detail, startedAt, endedAt }]
  }

  return {
    onRequest,
    onTurn: (turn: ModelTurn): ReadonlyArray<Step> => [...takeGit(), stepOfTurn(turn)],
    /** Steps that are not printed yet when the review is there. */
    rest: takeGit
  }
}
