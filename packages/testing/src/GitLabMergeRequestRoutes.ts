import { Effect } from "effect"
import { log } from "./GitHubGit.ts"
import { type Api, type Handlers, isSince, notFound, notYet, projectOf, requestOf } from "./GitLabApi.ts"
import { type MergeRequest, refsOf } from "./GitLabState.ts"
import type { GitLabWire } from "./GitLabWire.ts"

/** Routes of merge requests: their lists, commits, diffs, versions and events. */
export const mergeRequestRoutes = (api: Api, wire: GitLabWire): Handlers => ({
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
  })
})
