import { Effect } from "effect"
import { fileAt, tip } from "./GitHubGit.ts"
import { type Api, type Handler, type Handlers, notFound, projectOf } from "./GitLabApi.ts"
import type { GitLabWire } from "./GitLabWire.ts"

const get = (read: Handler): Handler => read

/** Routes of accounts, projects and their files and commits. */
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
  })
})
