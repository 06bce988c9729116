import { Effect, Schema } from "effect"
import { type Api, bodyOf, type Call, found, type Handlers, notFound, Refusal } from "./GitHubApi.ts"
import { type CheckRun, now } from "./GitHubState.ts"

const Conclusion = Schema.Literals([
  "success",
  "failure",
  "neutral",
  "cancelled",
  "skipped",
  "timed_out",
  "action_required",
  "stale"
])
const Output = Schema.Struct({
  title: Schema.String,
  summary: Schema.String,
  annotations: Schema.optionalKey(Schema.Array(Schema.Struct({
    path: Schema.String,
    start_line: Schema.Int,
    end_line: Schema.Int,
    annotation_level: Schema.String,
    message: Schema.String,
    title: Schema.optionalKey(Schema.String)
  })))
})
const fields = {
  status: Schema.optionalKey(Schema.Literals(["queued", "in_progress", "completed"])),
  conclusion: Schema.optionalKey(Conclusion),
  details_url: Schema.optionalKey(Schema.String),
  external_id: Schema.optionalKey(Schema.String),
  output: Schema.optionalKey(Output)
}
const CreateRun = Schema.Struct({ ...fields, name: Schema.String, head_sha: Schema.String })
const UpdateRun = Schema.Struct(fields)
const CreateStatus = Schema.Struct({
  state: Schema.Literals(["error", "failure", "pending", "success"]),
  target_url: Schema.optionalKey(Schema.NullOr(Schema.String)),
  description: Schema.optionalKey(Schema.NullOr(Schema.String)),
  context: Schema.optionalKey(Schema.String)
})

const repositoryOf = (api: Api, { params }: Call) => {
  const repository = api.state.repository(`${params["owner"]}/${params["repo"]}`)
  return repository === undefined ? Effect.fail(notFound) : Effect.succeed(repository)
}

/** Only an App makes check runs, where its installation was granted `checks: write`. */
const mayCheck = Effect.fnUntraced(function*(api: Api, call: Call) {
  const repository = yield* repositoryOf(api, call)
  const installation = api.apps.installations.find(({ app, repositories }) =>
    app.account === call.viewer && repositories.has(repository.fullName.toLowerCase())
  )
  if (installation === undefined) {
    return yield* new Refusal({ status: 403, message: "You must authenticate via a GitHub App." })
  }
  if (installation.permissions["checks"] !== "write") {
    return yield* new Refusal({ status: 403, message: "Resource not accessible by integration" })
  }
  return { app: installation.app, repository }
})

const change = (run: CheckRun, { conclusion, details_url, output, status }: typeof UpdateRun.Type): void => {
  run.status = conclusion === undefined ? status ?? run.status : "completed"
  run.completedAt = run.status === "completed" ? now() : undefined
  run.conclusion = run.status === "completed" ? conclusion ?? run.conclusion : undefined
  run.detailsUrl = details_url ?? run.detailsUrl
  if (output === undefined) return
  run.output = { title: output.title, summary: output.summary }
  run.annotations.push(...output.annotations ?? [])
}

/** Check runs and statuses of commits. */
export const checkRoutes = (api: Api): Handlers => ({
  "checks/create": Effect.fnUntraced(function*(call) {
    const { app, repository } = yield* mayCheck(api, call)
    const request = yield* bodyOf(CreateRun, call)
    const run: CheckRun = {
      id: api.state.nextId(),
      repository,
      app,
      name: request.name,
      headSha: request.head_sha,
      externalId: request.external_id ?? "",
      startedAt: now(),
      completedAt: undefined,
      status: "queued",
      conclusion: undefined,
      detailsUrl: undefined,
      output: { title: null, summary: null },
      annotations: []
    }
    change(run, request)
    api.state.checkRuns.push(run)
    return { status: 201, body: api.wire.checkRun(run) }
  }),
  "checks/update": Effect.fnUntraced(function*(call) {
    yield* mayCheck(api, call)
    const run = yield* found(api.state.checkRuns, call.params["check_run_id"])
    change(run, yield* bodyOf(UpdateRun, call))
    return { status: 200, body: api.wire.checkRun(run) }
  }),
  "repos/create-commit-status": Effect.fnUntraced(function*(call) {
    const repository = yield* repositoryOf(api, call)
    const { context = "default", description, state, target_url } = yield* bodyOf(CreateStatus, call)
    if ((description ?? "").length > 140) {
      return yield* new Refusal({
        status: 422,
        message: "Validation Failed",
        errors: [{ resource: "Status", field: "description", code: "custom" }]
      })
    }
    const status = {
      id: api.state.nextId(),
      repository,
      sha: call.params["sha"] ?? "",
      author: call.viewer,
      context,
      state,
      description: description ?? "",
      targetUrl: target_url ?? undefined,
      createdAt: now()
    }
    api.state.statuses.push(status)
    return { status: 201, body: api.wire.commitStatus(status) }
  })
})
