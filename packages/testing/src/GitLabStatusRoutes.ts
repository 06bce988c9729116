import { Effect, Schema } from "effect"
import { isOnBranch } from "./GitHubGit.ts"
import { now } from "./GitHubState.ts"
import { type Api, bodyOf, type Handlers, notFound, projectOf, Refusal } from "./GitLabApi.ts"
import type { CommitStatus } from "./GitLabState.ts"
import type { GitLabWire } from "./GitLabWire.ts"

const Status = Schema.Struct({
  ref: Schema.optionalKey(Schema.String),
  state: Schema.Literals(["pending", "running", "success", "failed", "canceled", "skipped"]),
  name: Schema.optionalKey(Schema.String),
  context: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.NullOr(Schema.String)),
  target_url: Schema.optionalKey(Schema.NullOr(Schema.String))
})

const setStatus = (status: CommitStatus, state: string): Effect.Effect<void, Refusal> => {
  // Source: `Ci::HasStatus` and `CommitStatus`: a transition into the state that it has is refused.
  if (status.state === state) {
    const verb = { pending: "enqueue", running: "run", success: "success", failed: "drop" }[state] ?? "cancel"
    const message =
      `Cannot transition status via :${verb} from :${state} (Reason(s): Status cannot transition via "${verb}")`
    return Effect.fail(new Refusal({ status: 400, message }))
  }
  status.state = state
  return Effect.void
}

/** Routes of the statuses of commits, and of pipelines' jobs. */
export const statusRoutes = (api: Api, wire: GitLabWire): Handlers => ({
  "POST /projects/:id/statuses/:sha": Effect.fnUntraced(function*(call) {
    const project = yield* projectOf(api, call)
    const asked = yield* bodyOf(Status, call)
    const { context, description, name = context ?? "default", ref, state, target_url } = asked
    const sha = call.params["sha"] ?? ""
    // Source: `API::CommitStatuses`: without `ref`, a branch of the project has to have the commit; a merge request's own
    // ref is none. In another's project, the role Developer is needed.
    if (ref === undefined && !(yield* isOnBranch(project.directory, sha))) {
      return yield* notFound("References for commit")
    }
    if (project.forkOf !== undefined && (project.members.get(call.viewer) ?? 0) < 30) {
      return yield* new Refusal({ status: 403, message: "403 Forbidden" })
    }
    const known = api.state.statuses.find((status) =>
      status.project === project && status.sha === sha && status.name === name
    )
    const status = known ??
      {
        id: api.state.nextId(),
        project,
        sha,
        name,
        author: call.viewer,
        state: "",
        description: "",
        targetUrl: undefined,
        createdAt: now(),
        finishedAt: undefined
      }
    yield* setStatus(status, state)
    const finishedAt = ["pending", "running"].includes(state) ? undefined : now()
    Object.assign(status, { description: description ?? "", targetUrl: target_url ?? undefined, finishedAt })
    if (known === undefined) api.state.statuses.push(status)
    return { status: 201, body: wire.status(status) }
  }),
  // Source: docs.gitlab.com/api/jobs, "List all jobs by pipeline": the newest run of each job, the newest job first.
  "GET /projects/:id/pipelines/:pipeline_id/jobs": Effect.fnUntraced(function*(call) {
    const project = yield* projectOf(api, call)
    const id = Number(call.params["pipeline_id"])
    const pipeline = api.state.pipelines.find((one) => one.project === project && one.id === id)
    if (pipeline === undefined) return yield* notFound("Pipeline")
    const scopes = [...call.query.getAll("scope"), ...call.query.getAll("scope[]")]
    const list = pipeline.jobs.map((job, at) => wire.job(pipeline, job, at))
      .filter(({ status }) => scopes.length === 0 || scopes.includes(status))
    return { status: 200, list: list.toReversed() }
  }),
  "GET /projects/:id/repository/commits/:sha/statuses": Effect.fnUntraced(function*(call) {
    const project = yield* projectOf(api, call)
    const name = call.query.get("name")
    const list = api.state.statuses.filter((status) =>
      status.project === project && status.sha === call.params["sha"] && (name === null || status.name === name)
    )
    return { status: 200, list: list.map((status) => wire.status(status)) }
  })
})
