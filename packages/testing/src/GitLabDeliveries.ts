import { Effect } from "effect"
import { createHmac, randomUUID } from "node:crypto"
import { type DeliveryAnswer, DeliveryFailed } from "./GitHubDeliveries.ts"
import { type Account, type MergeRequest, type Note, refsOf } from "./GitLabState.ts"
import type { GitLabWire } from "./GitLabWire.ts"

/** Something that GitLab tells its webhooks. `user` is who did it. */
export type GitLabEvent =
  | {
    readonly event: "merge_request"
    readonly action: "open" | "reopen" | "close" | "merge" | "approved"
    readonly request: MergeRequest
    readonly user?: Account
  }
  | {
    readonly event: "merge_request"
    readonly action: "update"
    readonly request: MergeRequest
    readonly user?: Account
    /** The head before a push; an update without one is of something else. */
    readonly oldrev?: string
    /** Changes, each with `previous` and `current`: `{ draft: { previous: true, current: false } }`. */
    readonly changes?: Readonly<Record<string, { readonly previous: unknown; readonly current: unknown }>>
  }
  | { readonly event: "note"; readonly action: "create" | "update"; readonly note: Note }

/** Target of a delivery, and the proof that it is GitLab's. */
export interface Hook {
  readonly url: string
  /** The secret token, sent as it is. */
  readonly token?: string
  /** The signing token, `whsec_` and a key in base64. */
  readonly signingToken?: string
  /** The delivery's id, for a retry; a new one unless told. */
  readonly delivery?: string
  /** Seconds since the epoch, of the signature. */
  readonly timestamp?: number
}

const hookUser = ({ id, name, username }: Account) => ({ id, name, username, avatar_url: null, email: "[REDACTED]" })

const hookProject = (wire: GitLabWire, { project }: MergeRequest) => {
  const { default_branch, http_url_to_repo, id, name, path_with_namespace, web_url } = wire.project(project)
  return { id, name, web_url, git_http_url: http_url_to_repo, path_with_namespace, default_branch, visibility_level: 0 }
}

const attributes = (wire: GitLabWire, request: MergeRequest) => {
  const shown = wire.request(request)
  const { head } = refsOf(request)
  return {
    id: request.id,
    iid: request.iid,
    title: shown.title,
    description: request.description,
    state: request.state,
    draft: request.draft,
    work_in_progress: request.draft,
    author_id: request.author.id,
    source_branch: request.sourceBranch,
    target_branch: request.targetBranch,
    source_project_id: request.source.id,
    target_project_id: request.project.id,
    url: shown.web_url,
    last_commit: { id: head, message: "", url: `${shown.web_url}/diffs?commit_id=${head}` },
    labels: request.labels.map((title) => ({ title }))
  }
}

/** The payload of an event. Source: GitLab's "Webhook events", merge request and comment events. */
export const payloadOf = (wire: GitLabWire, event: GitLabEvent): Readonly<Record<string, unknown>> => {
  if (event.event === "note") {
    const { action, note } = event
    const { discussion } = note
    const { request } = discussion
    return {
      object_kind: "note",
      event_type: "note",
      user: hookUser(note.author),
      project_id: request.project.id,
      project: hookProject(wire, request),
      object_attributes: {
        id: note.id,
        note: note.body,
        noteable_type: "MergeRequest",
        author_id: note.author.id,
        project_id: request.project.id,
        discussion_id: discussion.id,
        system: note.system,
        line_code: discussion.lineCode ?? null,
        position: discussion.position ?? null,
        type: wire.note(note).type,
        action,
        url: `${wire.request(request).web_url}#note_${note.id}`
      },
      merge_request: attributes(wire, request)
    }
  }
  const { action, request, user = request.author } = event
  const push = action === "update" && event.oldrev !== undefined ? { oldrev: event.oldrev } : {}
  return {
    object_kind: "merge_request",
    event_type: "merge_request",
    user: hookUser(user),
    project: hookProject(wire, request),
    object_attributes: { ...attributes(wire, request), action, ...push },
    labels: request.labels.map((title) => ({ title })),
    changes: action === "update" ? event.changes ?? {} : {}
  }
}

/** The signature of a delivery under a signing token. Source: GitLab follows Standard Webhooks. */
export const signatureOf = (signingToken: string, id: string, timestamp: number, body: string): string => {
  const key = Buffer.from(signingToken.replace(/^whsec_/, ""), "base64")
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`
}

const patience = 10_000

/** Posts a body as GitLab posts its deliveries. */
export const post = (
  event: GitLabEvent["event"],
  body: string,
  hook: Hook
): Effect.Effect<DeliveryAnswer, DeliveryFailed> =>
  Effect.tryPromise({
    try: (signal) => {
      const { delivery = randomUUID(), signingToken, timestamp = Math.floor(Date.now() / 1000), token, url } = hook
      const started = performance.now()
      const headers = {
        "content-type": "application/json",
        "user-agent": "GitLab/18.6.0",
        "x-gitlab-event": event === "note" ? "Note Hook" : "Merge Request Hook",
        "x-gitlab-event-uuid": randomUUID(),
        "x-gitlab-webhook-uuid": randomUUID(),
        "idempotency-key": delivery,
        ...(token === undefined ? {} : { "x-gitlab-token": token }),
        ...(signingToken === undefined ? {} : {
          "webhook-id": delivery,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": signatureOf(signingToken, delivery, timestamp, body)
        })
      }
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(patience)])
      return fetch(url, { method: "POST", body, headers, signal: timeout }).then((response) => {
        const millis = performance.now() - started
        return response.text().then((text) => ({ delivery, status: response.status, body: text, millis }))
      })
    },
    catch: (error) => new DeliveryFailed({ message: `delivery to ${hook.url} failed: ${String(error)}` })
  })
