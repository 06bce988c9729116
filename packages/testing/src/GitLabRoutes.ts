import { Effect, Schema } from "effect"
import { fileAt, isOnBranch, log, tip } from "./GitHubGit.ts"
import { now } from "./GitHubState.ts"
import {
  type Api,
  bodyOf,
  type Handler,
  type Handlers,
  isSince,
  notFound,
  notYet,
  projectOf,
  Refusal,
  requestOf
} from "./GitLabApi.ts"
import { type CommitStatus, type MergeRequest, refsOf } from "./GitLabState.ts"
import type { GitLabWire } from "./GitLabWire.ts"

const get = (read: Handler): Handler => read

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

/** Accounts, projects, merge requests with their diffs, and statuses of commits. */
export const projectRoutes = (api: Api, wire: GitLabWire): Handlers => ({
  "GET /version": get(() =>
    Effect.succeed({ status: 200, body: { version: api.options.version, revision: "0123456789a" } })
  ),
  "GET /user": get(({ viewer }) => Effect.succeed({ status: 200, body: wire.user(viewer) })),
  "GET /projects/:id": (call) =>
    Effect.map(projectOf(api, call), (project) => ({ status: 200, body: wire.project(project) })),
  "GET /projects/:id/members/all/:user_id": Effect.fnUntraced(function*(call) {
    const project = yield* projectOf(api, call)
    const member = [...project.members].find(([{ id }]) => String(id) === call.params["user_id"])
    if (member === undefined) return yield* notFound("Member")
    const [account, level] = member
    return { status: 200, body: { ...wire.user(account), access_level: level } }
  }),
  "GET /projects/:id/merge_requests": Effect.fnUntraced(function*(call) {
    const project = yield* projectOf(api, call)
    const state = call.query.get("state") ?? "all"
    const at = call.query.get("order_by") === "updated_at"
      ? ({ updatedAt }: MergeRequest) => updatedAt
      : ({ createdAt }: MergeRequest) => createdAt
    const sign = call.query.get("sort") === "asc" ? 1 : -1
    const list = api.state.requests.filter((request) =>
      request.project === project && (state === "all" || request.state === state)
    ).toSorted((one, other) => sign * (at(one) - at(other)))
    return { status: 200, list: list.map((request) => wire.requestInList(request)) }
  }),
  "GET /projects/:id/merge_requests/:iid": Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const { length } = yield* api.diff(request.project, refsOf(request))
    const { files } = api.options
    // Source: "Retrieve a merge request": `changes_count` is capped, and has a plus sign then.
    const changes_count = length > files ? `${files}+` : String(length)
    return { status: 200, body: { ...wire.request(request), changes_count } }
  }),
  "GET /projects/:id/merge_requests/:iid/commits": Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const { base, head } = refsOf(request)
    const commits = yield* log(request.project.directory, base, head)
    return { status: 200, list: commits.toReversed().map((commit) => wire.commit(commit)) }
  }),
  // Source: "Get single merge request changes", which the paged list has replaced in 15.7.
  "GET /projects/:id/merge_requests/:iid/changes": Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const files = yield* api.diff(request.project, refsOf(request))
    const changes = files.slice(0, api.options.files).map((file) => wire.file(file, api.options))
    return { status: 200, body: { ...wire.request(request), changes } }
  }),
  "GET /projects/:id/merge_requests/:iid/diffs": !isSince(api, 15, 7) ? notYet : Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const files = yield* api.diff(request.project, refsOf(request))
    return { status: 200, list: files.slice(0, api.options.files).map((file) => wire.file(file, api.options)) }
  }),
  "GET /projects/:id/merge_requests/:iid/versions": Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const list = request.versions.map(({ base, head, madeAt, start }, index) => ({
      id: index + 1,
      base_commit_sha: base,
      head_commit_sha: head,
      start_commit_sha: start,
      created_at: wire.time(madeAt),
      state: "collected"
    }))
    return { status: 200, list: list.toReversed() }
  }),
  // Source: docs.gitlab.com/api/resource_label_events and …/resource_state_events.
  "GET /projects/:id/merge_requests/:iid/resource_label_events": Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const list = api.state.events.flatMap(({ label, ...event }) =>
      event.request !== request || label === undefined
        ? []
        : [{ ...wire.event(event), action: "add", label: { id: 1, name: label } }]
    )
    return { status: 200, list }
  }),
  "GET /projects/:id/merge_requests/:iid/resource_state_events": Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const list = api.state.events.flatMap(({ label, ...event }) =>
      event.request !== request || label !== undefined ? [] : [{ ...wire.event(event), state: "reopened" }]
    )
    return { status: 200, list }
  }),
  // The whole diff of one version. Source: `Entities::MergeRequestDiffFull` asks for it without limits.
  "GET /projects/:id/merge_requests/:iid/versions/:version_id": Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const id = Number(call.params["version_id"])
    const version = request.versions[id - 1]
    if (version === undefined) return yield* notFound("Merge Request Diff")
    const { base, head, start } = version
    const files = yield* api.diff(request.project, version)
    return {
      status: 200,
      body: {
        id,
        base_commit_sha: base,
        head_commit_sha: head,
        start_commit_sha: start,
        state: "collected",
        diffs: files.map((file) => wire.file(file, { ...api.options, collapsedBytes: Number.POSITIVE_INFINITY }))
      }
    }
  }),
  "GET /projects/:id/repository/files/:file_path": Effect.fnUntraced(function*(call) {
    const { directory } = yield* projectOf(api, call)
    const path = call.params["file_path"] ?? ""
    const ref = call.query.get("ref") ?? ""
    const text = yield* fileAt(directory, ref, path)
    // Source: "Get file from repository".
    if (text === undefined) return yield* notFound("File")
    const content = Buffer.from(text).toString("base64")
    return { status: 200, body: { file_path: path, size: text.length, encoding: "base64", content, ref } }
  }),
  "GET /projects/:id/repository/commits": Effect.fnUntraced(function*(call) {
    const { defaultBranch, directory } = yield* projectOf(api, call)
    const commits = yield* tip(directory, defaultBranch)
    return { status: 200, list: commits.map((commit) => wire.commit(commit)) }
  }),
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
