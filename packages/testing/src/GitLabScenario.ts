import { Effect } from "effect"
import { join } from "node:path"
import { commit, createBare, git, mergeBase, revision } from "./GitHubGit.ts"
import type { Commits } from "./GitHubScenario.ts"
import { now } from "./GitHubState.ts"
import type { Api } from "./GitLabApi.ts"
import type { AccessLevel, MergeRequest, Pipeline, PipelineJob, Project } from "./GitLabState.ts"

/** A merge request that is to be opened. */
export interface OpenRequest {
  readonly project: Project
  readonly commits: Commits
  readonly title?: string
  readonly description?: string
  readonly author?: string
  readonly sourceBranch?: string
  readonly targetBranch?: string
  readonly draft?: boolean
  /** The group or person whose fork holds the branch; absent: the branch is in the project itself. */
  readonly fork?: string
}

const seconds = () => Math.floor(now() / 1000)
const requestRef = (iid: number) => `refs/merge-requests/${iid}/head`

/** The things that people do on GitLab, done with real git. */
export const makeScenario = (api: Api, directory: string) => {
  const { state } = api

  const register = (path: string, place: string, forkOf?: Project): Project => {
    const project: Project = {
      id: state.nextId(),
      path,
      directory: place,
      defaultBranch: "main",
      forkOf,
      members: new Map(),
      archived: false,
      private: false
    }
    state.projects.push(project)
    return project
  }

  const addProject = Effect.fn("GitLabEmulator.addProject")(function*(path: string, commits: Commits) {
    const place = join(directory, `${path}.git`)
    yield* createBare(place)
    yield* commit(place, commits, { refs: ["refs/heads/main"] }, seconds())
    return register(path, place)
  })

  const forkOf = Effect.fnUntraced(function*(project: Project, owner: string) {
    const path = `${owner}/${project.path.split("/").at(-1)}`
    const known = state.project(path)
    if (known !== undefined) return known
    const place = join(directory, `${path}.git`)
    yield* createBare(place, project.directory)
    return register(path, place, project)
  })

  /** The refs of a merge request's head that lie in its target project. */
  const headRefs = (
    { iid, project, source, sourceBranch }: Pick<MergeRequest, "iid" | "project" | "source" | "sourceBranch">
  ) => source === project ? [requestRef(iid), `refs/heads/${sourceBranch}`] as const : [requestRef(iid)] as const

  const moveHead = Effect.fnUntraced(function*(request: MergeRequest, commits: Commits, parent: string) {
    const { project, source, sourceBranch, targetBranch, versions } = request
    const head = yield* commit(project.directory, commits, { refs: headRefs(request), parent }, seconds())
    if (source !== project) yield* git(source.directory, ["update-ref", `refs/heads/${sourceBranch}`, head])
    const start = yield* revision(project.directory, `refs/heads/${targetBranch}`)
    request.updatedAt = now()
    versions.push({
      base: yield* mergeBase(project.directory, start, head),
      start,
      head,
      madeAt: request.updatedAt
    })
    return head
  })

  const openRequest = Effect.fn("GitLabEmulator.openRequest")(function*(asked: OpenRequest) {
    const { author = "mara", commits, project, targetBranch = "main" } = asked
    const iid = 1 + state.requests.filter((request) => request.project === project).length
    const opened = now()
    const request: MergeRequest = {
      id: state.nextId(),
      iid,
      project,
      source: asked.fork === undefined ? project : yield* forkOf(project, asked.fork),
      sourceBranch: asked.sourceBranch ?? `feature-${iid}`,
      targetBranch,
      author: state.account(author),
      createdAt: opened,
      versions: [],
      title: asked.title ?? commits[0].message,
      description: asked.description ?? "",
      draft: asked.draft ?? false,
      state: "opened",
      labels: [],
      locked: false,
      updatedAt: opened
    }
    yield* moveHead(request, commits, yield* revision(project.directory, `refs/heads/${targetBranch}`))
    state.requests.push(request)
    return request
  })

  return {
    addProject,
    openRequest,
    /** Adds commits to the head; answers with the head before. */
    push: Effect.fn("GitLabEmulator.push")(function*(request: MergeRequest, commits: Commits) {
      const before = request.versions.at(-1)?.head ?? ""
      yield* moveHead(request, commits, before)
      return before
    }),
    /** Replaces the merge request's commits; answers with the head before. */
    forcePush: Effect.fn("GitLabEmulator.forcePush")(function*(request: MergeRequest, commits: Commits) {
      const newest = request.versions.at(-1)
      yield* moveHead(request, commits, newest?.base ?? "")
      return newest?.head ?? ""
    }),
    /** Runs a pipeline on the head, or on what `pipeline` names. */
    runPipeline: (request: MergeRequest, jobs: ReadonlyArray<PipelineJob>, pipeline: Partial<Pipeline> = {}): void => {
      const isFailed = jobs.some(({ allowFailure, status }) => status === "failed" && allowFailure !== true)
      state.pipelines.push({
        id: state.nextId(),
        project: request.source,
        request,
        sha: request.versions.at(-1)?.head ?? "",
        ref: request.sourceBranch,
        parents: [],
        source: "push",
        status: isFailed ? "failed" : "success",
        jobs,
        ...pipeline
      })
    },
    label: (request: MergeRequest, by: string, label: string): void => {
      const createdAt = now()
      Object.assign(request, { labels: [...request.labels, label], updatedAt: createdAt })
      state.events.push({ id: state.nextId(), request, by: state.account(by), createdAt, label })
    },
    reopen: (request: MergeRequest): void => {
      const createdAt = now()
      Object.assign(request, { state: "opened", updatedAt: createdAt })
      state.events.push({ id: state.nextId(), request, by: request.author, createdAt })
    },
    markReady: (request: MergeRequest): void => {
      Object.assign(request, { draft: false, updatedAt: now() })
      // Source: `SystemNotes::MergeRequestsService#handle_merge_request_draft`.
      state.discuss(request, request.author, "marked this merge request as **ready**", {
        position: undefined,
        lineCode: undefined,
        individual: true,
        system: true
      })
    },
    /** Gives an account a role in a project. */
    addMember: (project: Project, username: string, level: AccessLevel): void => {
      project.members.set(state.account(username), level)
    }
  }
}
