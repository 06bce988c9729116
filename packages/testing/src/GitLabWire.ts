import { DateTime } from "effect"
import type { DiffFile } from "./GitHubDiff.ts"
import type { LogEntry } from "./GitHubGit.ts"
import type { Options } from "./GitLabApi.ts"
import {
  type Account,
  type AwardEmoji,
  type CommitStatus,
  type Discussion,
  type DraftNote,
  type GitLabState,
  type MergeRequest,
  type Note,
  type Pipeline,
  type PipelineJob,
  type Project,
  refsOf,
  type ResourceEvent
} from "./GitLabState.ts"

/** GitLab's timestamps: with milliseconds. */
const timestamp = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

const headerless = /^(?:\[(?:Draft)\]|\(Draft\)|Draft:)\s*/i

/** The JSON of GitLab's API. Source: the response examples of its REST API documentation. */
export class GitLabWire {
  readonly origin: string
  readonly state: GitLabState

  constructor(origin: string, state: GitLabState) {
    this.origin = origin
    this.state = state
  }

  user({ bot, id, name, username }: Account) {
    return { id, username, name, state: "active", locked: false, bot, web_url: `${this.origin}/${username}` }
  }

  project(project: Project) {
    const web = `${this.origin}/${project.path}`
    return {
      id: project.id,
      name: project.path.split("/").at(-1),
      path: project.path.split("/").at(-1),
      path_with_namespace: project.path,
      default_branch: project.defaultBranch,
      archived: project.archived,
      visibility: "private",
      web_url: web,
      http_url_to_repo: `${web}.git`,
      ...(project.forkOf === undefined ? {} : { forked_from_project: { id: project.forkOf.id } })
    }
  }

  request(request: MergeRequest) {
    const { base, head, start } = refsOf(request)
    const { author, draft, iid, project, source } = request
    return {
      id: request.id,
      iid,
      project_id: project.id,
      title: draft && !headerless.test(request.title) ? `Draft: ${request.title}` : request.title,
      description: request.description,
      state: request.state,
      draft,
      work_in_progress: draft,
      author: this.user(author),
      source_branch: request.sourceBranch,
      target_branch: request.targetBranch,
      // A fork that was deleted has no number any more.
      source_project_id: this.state.projects.includes(source) ? source.id : null,
      target_project_id: project.id,
      labels: request.labels,
      sha: head,
      diff_refs: { base_sha: base, head_sha: head, start_sha: start },
      head_pipeline: this.headPipeline(request),
      discussion_locked: request.locked ? true : null,
      created_at: timestamp(request.createdAt),
      updated_at: timestamp(request.updatedAt),
      web_url: `${this.origin}/${project.path}/-/merge_requests/${iid}`
    }
  }

  /** Source: docs.gitlab.com/api/merge_requests, "Retrieve a merge request": the newest pipeline, or null. */
  headPipeline(request: MergeRequest) {
    const pipeline = this.state.pipelines.findLast((one) => one.request === request)
    if (pipeline === undefined) return null
    const { id, project, ref, sha, source, status } = pipeline
    return { id, iid: id, project_id: project.id, sha, ref, status, source }
  }

  /** Source: docs.gitlab.com/api/jobs, "List all jobs by pipeline"; `Entities::Commit` has the parents. */
  job({ id, parents, project, ref, sha, status: pipelineStatus }: Pipeline, job: PipelineJob, at: number) {
    const { allowFailure = false, name, status } = job
    return {
      id: id * 100 + at,
      name,
      status,
      stage: "test",
      ref,
      tag: false,
      allow_failure: allowFailure,
      failure_reason: status === "failed" ? "script_failure" : undefined,
      commit: { id: sha, short_id: sha.slice(0, 8), parent_ids: parents },
      pipeline: { id, project_id: project.id, ref, sha, status: pipelineStatus }
    }
  }

  /** A merge request as lists show it. Source: "List project merge requests" has neither `diff_refs` nor a pipeline, and counts the notes. */
  requestInList(request: MergeRequest) {
    const { diff_refs: _, head_pipeline: _pipeline, ...shown } = this.request(request)
    const discussions = this.state.discussionsOf(request)
    const notes = this.state.notes.filter(({ discussion, system }) => !system && discussions.includes(discussion))
    return { ...shown, user_notes_count: notes.length }
  }

  /** An event of a label or of the state, without what it was. */
  event({ by, createdAt, id, request }: Pick<ResourceEvent, "by" | "createdAt" | "id" | "request">) {
    return {
      id,
      user: this.user(by),
      created_at: timestamp(createdAt),
      resource_type: "MergeRequest",
      resource_id: request.id
    }
  }

  time(millis: number): string {
    return timestamp(millis)
  }

  /** One file of a diff. A collapsed one has no text. */
  file({ patch, path, previousPath, status }: DiffFile, { collapsedBytes }: Options) {
    const collapsed = Buffer.byteLength(patch) > collapsedBytes
    return {
      old_path: previousPath ?? path,
      new_path: path,
      a_mode: status === "added" ? "0" : "100644",
      b_mode: status === "removed" ? "0" : "100644",
      diff: collapsed || patch === "" ? "" : `${patch}\n`,
      new_file: status === "added",
      renamed_file: status === "renamed",
      deleted_file: status === "removed",
      generated_file: false,
      collapsed,
      too_large: false
    }
  }

  commit({ date, email, message, name, parents, sha }: LogEntry) {
    const title = message.split("\n", 1)[0]
    return {
      id: sha,
      short_id: sha.slice(0, 8),
      title,
      message,
      author_name: name,
      author_email: email,
      created_at: date,
      parent_ids: parents
    }
  }

  note(note: Note) {
    const { discussion } = note
    const { position, request } = discussion
    return {
      id: note.id,
      type: position !== undefined ? "DiffNote" : discussion.individual ? null : "DiscussionNote",
      body: note.body,
      author: this.user(note.author),
      created_at: timestamp(note.createdAt),
      updated_at: timestamp(note.editedAt ?? note.createdAt),
      system: note.system,
      noteable_id: request.id,
      noteable_type: "MergeRequest",
      noteable_iid: request.iid,
      project_id: request.project.id,
      resolvable: !discussion.individual && !note.system,
      ...(discussion.individual ? {} : { resolved: discussion.resolvedBy !== undefined }),
      ...(position === undefined ? {} : { position }),
      confidential: note.internal === true,
      internal: note.internal === true
    }
  }

  discussion(discussion: Discussion) {
    const notes = this.state.notesOf(discussion)
    return { id: discussion.id, individual_note: discussion.individual, notes: notes.map((note) => this.note(note)) }
  }

  draft({ author, body, id, lineCode, position, replyTo, request, resolves }: DraftNote) {
    return {
      id,
      author_id: author.id,
      merge_request_id: request.id,
      resolve_discussion: resolves,
      discussion_id: replyTo?.id ?? null,
      note: body,
      commit_id: null,
      line_code: lineCode ?? null,
      position: position ?? null
    }
  }

  award({ author, id, name }: AwardEmoji) {
    return { id, name, user: this.user(author) }
  }

  status({ author, createdAt, description, finishedAt, id, name, sha, state, targetUrl }: CommitStatus) {
    return {
      id,
      sha,
      status: state,
      name,
      allow_failure: false,
      description,
      target_url: targetUrl ?? null,
      created_at: timestamp(createdAt),
      finished_at: finishedAt === undefined ? null : timestamp(finishedAt),
      author: this.user(author)
    }
  }
}
