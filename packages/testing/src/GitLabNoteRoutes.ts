import { Effect, Schema } from "effect"
import { now } from "./GitHubState.ts"
import {
  type Api,
  bodyOf,
  type Call,
  checkNote,
  type Handler,
  type Handlers,
  isSince,
  notFound,
  notYet,
  Refusal,
  requestOf
} from "./GitLabApi.ts"
import { addDiscussion, addDraft, addNote, addReply, publish } from "./GitLabNotes.ts"
import { Position } from "./GitLabPositions.ts"
import type { Account, Discussion, MergeRequest, Note } from "./GitLabState.ts"
import type { GitLabWire } from "./GitLabWire.ts"

const Text = Schema.Struct({ body: Schema.String })
const NewDiscussion = Schema.Struct({ body: Schema.String, position: Schema.optionalKey(Position) })
const Resolve = Schema.Struct({ resolved: Schema.Boolean })
const NewDraft = Schema.Struct({
  note: Schema.String,
  position: Schema.optionalKey(Position),
  in_reply_to_discussion_id: Schema.optionalKey(Schema.String),
  resolve_discussion: Schema.optionalKey(Schema.Boolean)
})
const DraftText = Schema.Struct({ note: Schema.String })
const Name = Schema.Struct({ name: Schema.String })

const base = "/projects/:id/merge_requests/:iid"

const discussionOf = (api: Api, request: MergeRequest, id: string | undefined): Effect.Effect<Discussion, Refusal> => {
  const found = api.state.discussionsOf(request).find((discussion) => discussion.id === id)
  return found === undefined ? Effect.fail(notFound("Discussion")) : Effect.succeed(found)
}

const noteOf = Effect.fnUntraced(function*(api: Api, call: Call) {
  const request = yield* requestOf(api, call)
  const note = api.state.notes.find(({ discussion, id }) =>
    discussion.request === request && String(id) === call.params["note_id"]
  )
  return note ?? (yield* notFound("Note"))
})

/**
 * Source: `NotePolicy` gives `admin_note` to a note's author. Maintainers, whom `ProjectPolicy` gives it too, are refused
 * here: the bot has to do without that.
 */
const checkAuthor = (note: Note, viewer: Account): Effect.Effect<void, Refusal> =>
  note.author === viewer ? Effect.void : Effect.fail(new Refusal({ status: 403, message: "403 Forbidden" }))

const draftOf = Effect.fnUntraced(function*(api: Api, call: Call) {
  const request = yield* requestOf(api, call)
  const draft = api.state.draftsOf(request, call.viewer).find(({ id }) => String(id) === call.params["draft_id"])
  return draft ?? (yield* notFound("Not"))
})

/** Comments and discussions. */
export const noteRoutes = (api: Api, wire: GitLabWire): Handlers => ({
  [`GET ${base}/discussions`]: Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    // Source: `readable_discussion_notes` drops what the account may not see, after the page was cut.
    const list = api.state.discussionsOf(request)
      .map((discussion) => discussion.hidden === true ? undefined : wire.discussion(discussion))
    return { status: 200, list }
  }),
  [`GET ${base}/discussions/:discussion_id`]: Effect.fnUntraced(function*(call) {
    const discussion = yield* discussionOf(api, yield* requestOf(api, call), call.params["discussion_id"])
    return { status: 200, body: wire.discussion(discussion) }
  }),
  [`POST ${base}/discussions`]: Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const { body, position } = yield* bodyOf(NewDiscussion, call)
    const { discussion } = yield* addDiscussion(api, request, call.viewer, body, position)
    return { status: 201, body: wire.discussion(discussion) }
  }),
  [`PUT ${base}/discussions/:discussion_id`]: Effect.fnUntraced(function*(call) {
    const discussion = yield* discussionOf(api, yield* requestOf(api, call), call.params["discussion_id"])
    // Source: a parameter of GitLab's API may be in the query or in the body; gitbeaker puts this one in the query.
    const asked = call.query.get("resolved")
    const { resolved } = asked === null ? yield* bodyOf(Resolve, call) : { resolved: asked === "true" }
    // Source: `API::Helpers::NotesHelpers#resolve_discussion` forbids what `Discussion#can_resolve?` denies, and so whatever
    // is not resolvable.
    if (discussion.individual) return yield* new Refusal({ status: 403, message: "403 Forbidden" })
    discussion.resolvedBy = resolved ? call.viewer : undefined
    return { status: 200, body: wire.discussion(discussion) }
  }),
  [`POST ${base}/discussions/:discussion_id/notes`]: Effect.fnUntraced(function*(call) {
    const discussion = yield* discussionOf(api, yield* requestOf(api, call), call.params["discussion_id"])
    const { body } = yield* bodyOf(Text, call)
    return { status: 201, body: wire.note(yield* addReply(api, discussion, call.viewer, body)) }
  }),
  [`GET ${base}/notes`]: Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const notes = api.state.notes.filter(({ discussion }) => discussion.request === request)
    const ordered = call.query.get("sort") === "asc" ? notes : notes.toReversed()
    return { status: 200, list: ordered.map((note) => wire.note(note)) }
  }),
  [`POST ${base}/notes`]: Effect.fnUntraced(function*(call) {
    const request = yield* requestOf(api, call)
    const { body } = yield* bodyOf(Text, call)
    const note = yield* addNote(api, request, call.viewer, body)
    return note === undefined
      ? { status: 202, body: { commands_changes: {}, summary: ["Commands applied"] } }
      : { status: 201, body: wire.note(note) }
  }),
  [`PUT ${base}/notes/:note_id`]: Effect.fnUntraced(function*(call) {
    const note = yield* noteOf(api, call)
    const { body } = yield* bodyOf(Text, call)
    yield* checkNote(body)
    yield* checkAuthor(note, call.viewer)
    Object.assign(note, { body, editedAt: now() })
    return { status: 200, body: wire.note(note) }
  }),
  [`DELETE ${base}/notes/:note_id`]: Effect.fnUntraced(function*(call) {
    const note = yield* noteOf(api, call)
    yield* checkAuthor(note, call.viewer)
    api.state.remove(api.state.notes, note)
    if (api.state.notesOf(note.discussion).length === 0) api.state.remove(api.state.discussions, note.discussion)
    return { status: 204 }
  })
})

/**
 * Calls of draft notes as a release has them. Source: docs.gitlab.com/api/draft_notes of each release: drafts can be made
 * and published from 15.11 on, and listed some releases before.
 */
const ofRelease = (api: Api, routes: Handlers): Handlers =>
  Object.fromEntries(
    Object.entries(routes).map(([route, handler]) => [
      route,
      isSince(api, 15, route.startsWith("GET ") ? 9 : 11) ? handler : notYet
    ])
  )

/** Comments that are not published yet. */
export const draftRoutes = (api: Api, wire: GitLabWire): Handlers =>
  ofRelease(api, {
    [`GET ${base}/draft_notes`]: Effect.fnUntraced(function*(call) {
      const request = yield* requestOf(api, call)
      return { status: 200, list: api.state.draftsOf(request, call.viewer).map((draft) => wire.draft(draft)) }
    }),
    [`POST ${base}/draft_notes`]: Effect.fnUntraced(function*(call) {
      const request = yield* requestOf(api, call)
      const { in_reply_to_discussion_id: id, note, position, resolve_discussion = false } = yield* bodyOf(
        NewDraft,
        call
      )
      const replyTo = id === undefined ? undefined : yield* discussionOf(api, request, id)
      const draft = yield* addDraft(api, request, call.viewer, {
        body: note,
        position,
        replyTo,
        resolves: resolve_discussion
      })
      return { status: 201, body: wire.draft(draft) }
    }),
    [`PUT ${base}/draft_notes/:draft_id`]: Effect.fnUntraced(function*(call) {
      const draft = yield* draftOf(api, call)
      const { note } = yield* bodyOf(DraftText, call)
      yield* checkNote(note)
      draft.body = note
      return { status: 200, body: wire.draft(draft) }
    }),
    [`DELETE ${base}/draft_notes/:draft_id`]: Effect.fnUntraced(function*(call) {
      api.state.remove(api.state.drafts, yield* draftOf(api, call))
      return { status: 204 }
    }),
    [`PUT ${base}/draft_notes/:draft_id/publish`]: Effect.fnUntraced(function*(call) {
      publish(api, [yield* draftOf(api, call)])
      return { status: 204 }
    }),
    [`POST ${base}/draft_notes/bulk_publish`]: Effect.fnUntraced(function*(call) {
      publish(api, api.state.draftsOf(yield* requestOf(api, call), call.viewer))
      return { status: 204 }
    })
  })

const awards = (api: Api, wire: GitLabWire, subjectOf: (call: Call) => Effect.Effect<string, Refusal>): {
  readonly list: Handler
  readonly create: Handler
} => ({
  list: (call) =>
    Effect.map(subjectOf(call), (subject) => ({
      status: 200,
      list: api.state.awards.filter((award) => award.subject === subject).map((award) => wire.award(award))
    })),
  create: Effect.fnUntraced(function*(call) {
    const subject = yield* subjectOf(call)
    const { name } = yield* bodyOf(Name, call)
    const given = api.state.awards.some((award) =>
      award.subject === subject && award.name === name && award.author === call.viewer
    )
    // Source: GitLab answers 404 to an emoji that the account has given before.
    if (given) return yield* notFound("Award Emoji Name has already been taken")
    const award = { id: api.state.nextId(), subject, name, author: call.viewer }
    api.state.awards.push(award)
    return { status: 201, body: wire.award(award) }
  })
})

/** Emoji on merge requests and comments. */
export const awardRoutes = (api: Api, wire: GitLabWire): Handlers => {
  const ofRequest = awards(api, wire, (call) => Effect.map(requestOf(api, call), ({ id }) => `request:${id}`))
  const ofNote = awards(api, wire, (call) => Effect.map(noteOf(api, call), ({ id }) => `note:${id}`))
  return {
    [`GET ${base}/award_emoji`]: ofRequest.list,
    [`POST ${base}/award_emoji`]: ofRequest.create,
    [`GET ${base}/notes/:note_id/award_emoji`]: ofNote.list,
    [`POST ${base}/notes/:note_id/award_emoji`]: ofNote.create
  }
}
