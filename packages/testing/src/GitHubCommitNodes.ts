import { Schema } from "effect"
import { type CheckRun, type GitHubState, timestamp } from "./GitHubState.ts"
import { connection, field, GraphNode } from "./GraphQlRun.ts"

const CheckFilter = Schema.Struct({ checkName: Schema.String })

/** Makes the test for the checks that a filter lets through. */
const passes = (filter: unknown) => {
  const wanted = filter === undefined ? undefined : Schema.decodeUnknownSync(CheckFilter)(filter).checkName
  return ({ name }: CheckRun) => wanted === undefined || name === wanted
}

const checkRunNode = ({ completedAt, conclusion, name, status }: CheckRun) =>
  new GraphNode("CheckRun", {
    completedAt: completedAt === undefined ? null : timestamp(completedAt),
    name,
    status: status.toUpperCase(),
    conclusion: conclusion === undefined ? null : conclusion.toUpperCase()
  })

/** One suite for each run: GitHub has one for each App, and a filter that leaves the others out. */
const checkSuiteNode = (run: CheckRun) =>
  new GraphNode("CheckSuite", {
    checkRuns: connection(
      "checkRuns",
      "CheckRun",
      (filter) => [run].filter(passes(filter)).map(checkRunNode),
      "filterBy"
    )
  })

const statusNode = (state: GitHubState, sha: string) => {
  const statuses = state.statusesOf(sha)
  return statuses.length === 0 ? null : new GraphNode("Status", {
    context: field(({ name }) => {
      const found = statuses.find(({ context }) => context === name)
      return found === undefined ? null : new GraphNode("StatusContext", {
        state: found.state.toUpperCase(),
        createdAt: timestamp(found.createdAt)
      })
    }, "name")
  })
}

/** A commit, with the checks and statuses that it has. */
export const commitNode = (state: GitHubState, sha: string, committedAt: number) =>
  new GraphNode("Commit", {
    oid: sha,
    committedDate: timestamp(committedAt),
    status: field(() => statusNode(state, sha)),
    checkSuites: connection(
      "checkSuites",
      "CheckSuite",
      (filter) => state.checkRunsOf(sha).filter(passes(filter)).map(checkSuiteNode),
      "filterBy"
    )
  })
