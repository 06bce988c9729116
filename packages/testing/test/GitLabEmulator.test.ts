import { describe, expect, it } from "@effect/vitest"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import { countedLines, type Position } from "@nominal-code/testing/GitLabPositions"
import { refsOf } from "@nominal-code/testing/GitLabState"
import { Effect } from "effect"

const before = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`)
const after = before.with(9, "line ten\n").toSpliced(29, 1)

/** A merge request of a project in two groups, which changes line 10 of a text, drops its line 30 and adds a file. */
const scene = Effect.gen(function*() {
  const emulator = yield* GitLabEmulator.make()
  const project = yield* emulator.addProject("acme/backend/shop", [{
    message: "Begin",
    files: { "a.txt": before.join("") }
  }])
  const request = yield* emulator.openRequest({
    project,
    commits: [{ message: "Change two lines", files: { "a.txt": after.join(""), "dir/new.txt": "one\ntwo\n" } }]
  })
  const bot = emulator.account("bot", true)
  const at = `/projects/${encodeURIComponent(project.path)}/merge_requests/1`
  const ask = (method: string, path: string, body?: unknown, token = bot.token) =>
    Effect.promise(() =>
      fetch(`${emulator.origin}/api/v4${path}`, {
        method,
        headers: { "private-token": token, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      }).then((response) => response.text().then((text) => ({ status: response.status, text })))
    )
  const { base, head, start } = refsOf(request)
  const place = (lines: Pick<Position, "old_line" | "new_line" | "line_range">, path = "a.txt"): Position => ({
    base_sha: base,
    head_sha: head,
    start_sha: start,
    position_type: "text",
    old_path: path,
    new_path: path,
    ...lines
  })
  return { emulator, request, at, ask, place }
})

const places = [
  { line: "an added line by its new number", lines: { new_line: 10 }, status: 201 },
  { line: "an added line with an old number too", lines: { new_line: 10, old_line: 10 }, status: 400 },
  { line: "a deleted line by its old number", lines: { old_line: 30 }, status: 201 },
  { line: "an unchanged line by both numbers", lines: { new_line: 30, old_line: 31 }, status: 201 },
  { line: "an unchanged line by its new number alone", lines: { new_line: 30 }, status: 400 },
  { line: "a line outside of the diff", lines: { new_line: 20, old_line: 20 }, status: 400 }
]

describe("GitLabEmulator", () => {
  it.effect.each(places)("answers a comment on $line with $status", ({ lines, status }) =>
    Effect.gen(function*() {
      const { ask, at, place } = yield* scene
      const answer = yield* ask("POST", `${at}/discussions`, { body: "Is that so?", position: place(lines) })
      expect(answer.status).toBe(status)
      if (status === 400) expect(answer.text).toContain("must be a valid line code")
    }))

  it.effect("keeps drafts from everybody else, and loses the one that is out of place when they are published", () =>
    Effect.gen(function*() {
      const { ask, at, emulator, place, request } = yield* scene
      yield* ask("POST", `${at}/draft_notes`, { note: "The summary" })
      yield* ask("POST", `${at}/draft_notes`, { note: "Here", position: place({ new_line: 10 }) })
      const lost = yield* ask("POST", `${at}/draft_notes`, { note: "Nowhere", position: place({ new_line: 20 }) })
      expect(JSON.parse(lost.text)).toMatchObject({ line_code: null })

      const seen = yield* ask("GET", `${at}/draft_notes`, undefined, emulator.account("mara").token)
      expect(seen.text).toBe("[]")
      expect((yield* ask("POST", `${at}/draft_notes/bulk_publish`)).status).toBe(204)
      expect(
        emulator.state.discussionsOf(request).flatMap((one) => emulator.state.notesOf(one)).map(({ body }) => body)
      )
        .toEqual(["The summary", "Here"])
    }))

  it.effect("takes a range by the codes of its lines, and no other", () =>
    Effect.gen(function*() {
      const { ask, at, emulator, place, request } = yield* scene
      const added = (yield* emulator.files(request)).find(({ path }) => path === "dir/new.txt")
      const [first, second] = added === undefined ? [] : countedLines(added)
      const range = (start = "") => ({
        new_line: 2,
        line_range: {
          start: { line_code: start, type: "new" as const, new_line: 1 },
          end: { line_code: second?.code ?? "", type: "new" as const, new_line: 2 }
        }
      })
      const post = (start?: string) =>
        ask("POST", `${at}/discussions`, { body: "Both", position: place(range(start), "dir/new.txt") })
      expect((yield* post(first?.code)).status).toBe(201)
      expect((yield* post(first?.code.replace(/_1$/, "_9"))).status).toBe(400)
    }))

  it.effect("carries out what a line outside of code commands", () =>
    Effect.gen(function*() {
      const { ask, at, emulator } = yield* scene
      yield* ask("POST", `${at}/notes`, { body: "Look:\n```\n/close\n```\n/assign @mara" })
      expect(emulator.state.quickActions.map(({ line }) => line)).toEqual(["/assign @mara"])
    }))

  it.effect("refuses a status that a commit has already, and an emoji that was given", () =>
    Effect.gen(function*() {
      const { ask, at, request } = yield* scene
      const status = `/projects/${request.project.id}/statuses/${refsOf(request).head}`
      expect((yield* ask("POST", status, { state: "running", name: "nominal" })).status).toBe(201)
      expect((yield* ask("POST", status, { state: "running", name: "nominal" })).status).toBe(400)
      expect((yield* ask("POST", `${at}/award_emoji`, { name: "eyes" })).status).toBe(201)
      expect((yield* ask("POST", `${at}/award_emoji`, { name: "eyes" })).status).toBe(404)
    }))

  it.effect("shows nothing without a token", () =>
    Effect.gen(function*() {
      const { ask, at } = yield* scene
      expect((yield* ask("GET", at, undefined, "glpat-wrong")).status).toBe(401)
    }))

  it.effect("disables a hook whose deliveries are refused four times in a row", () =>
    Effect.gen(function*() {
      const { emulator, request } = yield* scene
      let status = 500
      const { origin: url, server } = yield* listenScoped
      server.on("request", (_, response) => response.writeHead(status).end())
      const deliver = Effect.result(emulator.deliver({ event: "merge_request", action: "open", request }, { url }))
      for (status of [500, 200, 401, 400, 413, 500]) expect((yield* deliver)._tag).toBe("Success")
      expect((yield* deliver)._tag).toBe("Failure")
    }))
})
