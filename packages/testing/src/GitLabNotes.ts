import { Effect } from "effect"
import { type Api, checkNote, Refusal } from "./GitLabApi.ts"
import { lineCodeAt, type Position } from "./GitLabPositions.ts"
import type { Account, Discussion, DraftNote, MergeRequest, Note } from "./GitLabState.ts"

const fence = /^ {0,3}(`{3,}|~{3,})/

/** A text without its quick actions, and those. Source: GitLab, "Quick actions": a line outside of code that starts with `/`. */
const splitQuickActions = (body: string): { readonly text: string; readonly actions: ReadonlyArray<string> } => {
  const kept: Array<string> = []
  const actions: Array<string> = []
  let open: string | undefined
  for (const line of body.split("\n")) {
    const [, mark] = fence.exec(line) ?? []
    if (open !== undefined) {
      if (mark?.startsWith(open)) open = undefined
      kept.push(line)
    } else if (mark !== undefined) {
      open = mark
      kept.push(line)
    } else if (/^\/[a-z_]+(?: |$)/i.test(line)) actions.push(line)
    else kept.push(line)
  }
  return { text: kept.join("\n").trim(), actions }
}

/** Carries out a text's quick actions, and answers with what is left of it. */
const withoutQuickActions = (api: Api, request: MergeRequest, author: Account, body: string): string => {
  const { actions, text } = splitQuickActions(body)
  for (const line of actions) api.state.quickActions.push({ request, author, line })
  return text
}

/** GitLab's refusal of a comment on a place that it does not find. Source: `DiffNote` validates that `line_code` is there. */
const noLine = new Refusal({
  status: 400,
  message: "400 Bad request - Note {:line_code=>[\"can't be blank\", \"must be a valid line code\"]}"
})

/** The commits of a position have to be ones that GitLab knows. Source: `Gitlab::Diff::Position#complete?`. */
const lineCodeOf = (api: Api, request: MergeRequest, position: Position) => {
  const { base_sha: base, head_sha: head, start_sha: start } = position
  const known = request.versions.some((refs) => refs.base === base && refs.head === head && refs.start === start)
  if (!known) return Effect.undefined
  return Effect.map(api.diff(request.project, { base, head }), (files) => lineCodeAt(files, position))
}

/** Nobody comments in an archived project, and members alone in a locked conversation. Source: `NotePolicy`. */
const mayComment = ({ locked, project }: MergeRequest, author: Account) =>
  project.archived || locked && !project.members.has(author)
    ? Effect.fail(new Refusal({ status: 403, message: "403 Forbidden" }))
    : Effect.void

/** Adds a comment below the merge request, as `POST …/notes` does. */
export const addNote = Effect.fnUntraced(function*(api: Api, request: MergeRequest, author: Account, body: string) {
  yield* mayComment(request, author)
  yield* checkNote(body)
  const text = withoutQuickActions(api, request, author, body)
  // Source: a note of quick actions alone is answered 202 and is not kept.
  if (text === "") return undefined
  return api.state.discuss(request, author, text, { position: undefined, lineCode: undefined, individual: true })
})

/** Begins a discussion, on a place of the diff where there is a position. */
export const addDiscussion = Effect.fnUntraced(function*(
  api: Api,
  request: MergeRequest,
  author: Account,
  body: string,
  position: Position | undefined
) {
  yield* mayComment(request, author)
  yield* checkNote(body)
  const code = position === undefined ? undefined : yield* lineCodeOf(api, request, position)
  if (position !== undefined && code === undefined) return yield* noLine
  const text = withoutQuickActions(api, request, author, body)
  return api.state.discuss(request, author, text, { position, lineCode: code, individual: false })
})

/** Answers in a discussion. */
export const addReply = Effect.fnUntraced(
  function*(api: Api, discussion: Discussion, author: Account, body: string): Effect.fn.Return<Note, Refusal> {
    yield* mayComment(discussion.request, author)
    yield* checkNote(body)
    // Source: `Notes::CreateService` converts the note of an individual discussion that is answered.
    discussion.individual = false
    return api.state.addNote(discussion, author, withoutQuickActions(api, discussion.request, author, body))
  }
)

/** Parts of a draft. */
export interface DraftRequest {
  readonly body: string
  readonly position: Position | undefined
  readonly replyTo: Discussion | undefined
  readonly resolves: boolean
}

/**
 * Keeps a draft. GitLab takes one for a place that it does not find, and leaves its `line_code` empty.
 * Source: `DraftNote` has no validation of `line_code`'s presence; one draft per discussion and author has one.
 */
export const addDraft = Effect.fnUntraced(
  function*(api: Api, request: MergeRequest, author: Account, { body, position, replyTo, resolves }: DraftRequest) {
    yield* mayComment(request, author)
    yield* checkNote(body)
    const beside = api.state.draftsOf(request, author).some((draft) => draft.replyTo === replyTo)
    if (replyTo !== undefined && beside) {
      return yield* new Refusal({ status: 400, message: { author: ["has already been taken"] } })
    }
    const draft: DraftNote = {
      id: api.state.nextId(),
      request,
      author,
      position,
      lineRange: position?.line_range ?? undefined,
      lineCode: position === undefined ? undefined : yield* lineCodeOf(api, request, position),
      replyTo,
      resolves,
      body
    }
    api.state.drafts.push(draft)
    return draft
  }
)

const publishOne = (api: Api, draft: DraftNote): Note | undefined => {
  const { author, lineCode, position, replyTo, request, resolves } = draft
  const text = withoutQuickActions(api, request, author, draft.body)
  if (text === "") return undefined
  if (replyTo !== undefined) {
    if (resolves) replyTo.resolvedBy = author
    return api.state.addNote(replyTo, author, text)
  }
  // Source: `DraftNotes::PublishService` creates each note by itself and deletes all drafts, whatever became of them.
  if (position !== undefined && lineCode === undefined) return undefined
  return api.state.discuss(request, author, text, { position, lineCode, individual: position === undefined })
}

/** Publishes drafts in the order in which they were made. */
export const publish = (api: Api, drafts: ReadonlyArray<DraftNote>): ReadonlyArray<Note> =>
  drafts.flatMap((draft) => {
    api.state.remove(api.state.drafts, draft)
    return publishOne(api, draft) ?? []
  })
