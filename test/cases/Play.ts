import { assert } from "@effect/vitest"
import { JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { type GitHubEvent, payloadOf, post } from "@nominal-code/testing/GitHubDeliveries"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { GitHubWire } from "@nominal-code/testing/GitHubWire"
import { type Script, submitReview, type SubmittedComment } from "@nominal-code/testing/ScriptedModel"
import { Effect, Option } from "effect"
import { bot, type Journey, RunningJourney } from "../journeys/Journey.ts"
import { type Case, filesOf, type Finding, type Step, stepsOf } from "./Case.ts"

const defaultBody = "The computed value differs from what callers expect here."

const unescaped = (name: string) =>
  name.replaceAll(/\[U\+([0-9A-F]{4,6})\]/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))

const bareName = (name: string) =>
  unescaped(name).normalize("NFKC").replaceAll(/[\s\p{Default_Ignorable_Code_Point}]/gu, "")

/** The name of a file as the prompt shows it: what a model would copy. */
const seenName = (prompt: string, path: string): string => {
  const names = [...prompt.matchAll(/^### <file-path>(.*?)<\/file-path> \(/gms)].map(([, name = ""]) => name)
  const fitting = names.find((name) => unescaped(name) === path) ??
    names.find((name) => bareName(name) === bareName(path))
  return fitting ?? (names.length === 1 ? names[0] ?? path : path)
}

const submitted = (prompt: string) => (finding: Finding): SubmittedComment => {
  const { as, body = defaultBody, token, ...place } = finding
  const path = as === "seen" ? seenName(prompt, place.path) : as === "nfc" ? place.path.normalize("NFC") : place.path
  return { ...place, path, body: `${token}: ${body}`, severity: "high", confidence: "high", category: "bug" }
}

/** Prompt of the model and answers of its tools up to a step. */
interface ModelInput {
  prompt: string
  results: ReadonlyArray<string>
}

const scriptOf = (one: Case, step: Step, heard: ModelInput): Script => ({ prompt, system, toolResults, turn }) => {
  const limit = one.model?.refuseOver
  if (limit !== undefined && system.length + prompt.length > limit) {
    return { error: { status: 400, message: `prompt is too long: ${prompt.length} tokens > ${limit} maximum` } }
  }
  heard.results = [...heard.results, ...toolResults]
  if (turn === 0) heard.prompt = `${system}\n${prompt}`
  if (turn === 0 && one.read !== undefined) {
    const names = one.read.flatMap((path) => [path, seenName(prompt, path)])
    return { calls: names.map((name) => ({ name: "Read", input: { file_path: name } })) }
  }
  return { calls: [submitReview("Looked at all of it.", step.findings.map(submitted(heard.prompt)))] }
}

/** From the hunk's head to the commented line, as GitHub sends it. */
const hunkTo = (patch: string, line: number): string => {
  const lines = patch.split("\n")
  let right = Number(/\+(\d+)/.exec(lines[0] ?? "")?.[1] ?? 1) - 1
  const end = lines.findIndex((text, index) => {
    if (index > 0 && !text.startsWith("-") && !text.startsWith("\\")) right++
    return index > 0 && right === line
  })
  return lines.slice(0, end + 1).join("\n")
}

const eventOf = Effect.fnUntraced(function*(journey: Journey, pull: PullRequest, step: Step, before: string) {
  const { emulator } = journey
  const body = (step.comment?.body ?? "").replaceAll("@bot", `@${bot}`)
  switch (step.event ?? "pull_request.opened") {
    case "pull_request.opened":
      return { event: "pull_request", action: "opened", pull } as const
    case "pull_request.synchronize":
      return { event: "pull_request", action: "synchronize", pull, before } as const
    case "issue_comment.created": {
      const comment = yield* emulator.comment(pull, "mara", body)
      return { event: "issue_comment", action: "created", comment } as const
    }
    case "pull_request_review_comment.created": {
      const { line = 1, path = "", side = "RIGHT" } = step.comment ?? {}
      const comment = yield* emulator.reviewComment(pull, "mara", { path, line, side, body })
      return { event: "pull_request_review_comment", action: "created", comment } as const
    }
  }
})

const laidOver = (below: unknown, above: unknown): unknown => {
  if (typeof below !== "object" || below === null || typeof above !== "object" || above === null) return above
  const upper = new Map(Object.entries(above))
  const lower = new Map(Object.entries(below))
  return Object.fromEntries(
    [...new Set([...lower.keys(), ...upper.keys()])].map((key) => [
      key,
      upper.has(key) ? laidOver(lower.get(key), upper.get(key)) : lower.get(key)
    ])
  )
}

const overrides = Effect.fnUntraced(function*(journey: Journey, pull: PullRequest, { comment, payload }: Step) {
  if (comment?.diff_hunk === undefined) return payload
  const files = yield* journey.emulator.files(pull)
  const patch = files.find(({ path }) => path === comment.path)?.patch ?? ""
  return laidOver({ comment: { diff_hunk: hunkTo(patch, comment.line ?? 1) } }, payload ?? {})
})

const deliver = Effect.fnUntraced(function*(journey: Journey, webhook: string, event: GitHubEvent, over: unknown) {
  const { emulator, secrets } = journey
  const payload = payloadOf(new GitHubWire(emulator.origin, emulator.apiBase), event)
  const body = JSON.stringify(over === undefined ? payload : laidOver(payload, over))
  return yield* post(event.event, body, { url: webhook, secret: secrets.webhookSecret })
})

const suggestionIn = (body: string): string | null => /^(`{3,})suggestion\n([^]*?)\n?\1$/m.exec(body)?.[2] ?? null

const mentions = (token: string) => ({ body }: { readonly body: string }) => new RegExp(`\\b${token}:`).test(body)

const checkPlaces = (journey: Journey, pull: PullRequest, { expect }: Step) => {
  const inline = journey.emulator.state.reviewCommentsOf(pull).filter(({ author }) => author.login === bot)
  for (const { line, path, start_line, suggestionOneOf, token } of expect.inline ?? []) {
    const found = inline.filter(mentions(token))
    assert.deepStrictEqual(found.map((comment) => [comment.path, comment.line]), [[path, line]], `${token} is inline`)
    if (start_line !== undefined) assert.strictEqual(found[0]?.startLine, start_line)
    if (suggestionOneOf !== undefined) assert.include(suggestionOneOf, suggestionIn(found[0]?.body ?? ""))
  }
  const written = journey.written(pull).map((body) => ({ body }))
  for (const token of expect.notInline ?? []) {
    assert.deepStrictEqual(inline.filter(mentions(token)).map((comment) => [comment.path, comment.line]), [])
    assert.isTrue(written.some(mentions(token)), `${token} is told`)
  }
  for (const token of expect.notTold ?? []) assert.isFalse(written.some(mentions(token)), `${token} is not told again`)
}

const checkTexts = (journey: Journey, pull: PullRequest, { expect }: Step, heard: ModelInput) => {
  for (const text of expect.promptExcludes ?? []) {
    assert.notInclude(heard.prompt, text.replaceAll("@bot", `@${bot}`))
  }
  for (const group of expect.promptAny ?? []) {
    assert.isTrue(group.some((source) => new RegExp(source, "is").test(heard.prompt)), `the prompt says ${group}`)
  }
  const written = journey.written(pull).join("\n")
  for (const group of expect.postedAny ?? []) {
    assert.isTrue(group.some((source) => new RegExp(source, "is").test(written)), `it is posted: ${group}\n${written}`)
  }
  if (expect.toolErrors !== undefined) {
    const errors = heard.results.filter((text) => !/^\s*\d+\t/.test(text) && text !== "Received.")
    assert.strictEqual(errors.length, expect.toolErrors, errors.join("\n"))
  }
}

const playStep = Effect.fnUntraced(function*(one: Case, step: Step, pull: PullRequest) {
  const { journey, serve } = yield* RunningJourney
  const before = pull.headSha
  if (step.push !== undefined) {
    yield* journey.emulator.push(pull, [{ message: "Push", files: filesOf(step.push) }])
  }
  const heard: ModelInput = { prompt: "", results: [] }
  journey.script(pull, scriptOf(one, step, heard))
  const event = yield* eventOf(journey, pull, step, before)
  const over = yield* overrides(journey, pull, step)
  const { body, status } = yield* deliver(journey, serve.webhook, event, over)
  assert.strictEqual(status, step.expect.accepted === false ? 200 : 202, body)
  if (step.expect.accepted === false) return
  const record = yield* journey.ended(JobId.make(JSON.parse(body).job), `${step.expect.within} seconds`)
  const reviewed = Option.exists(record.outcome, JobOutcome.isAnyOf(["Reviewed", "Answered"]))
  assert.strictEqual(reviewed, step.expect.reviewed, JSON.stringify(record))
  checkPlaces(journey, pull, step)
  checkTexts(journey, pull, step, heard)
})

/** Plays a case from its base to the last of its deliveries, and holds what came of each against what must come of it. */
export const play = Effect.fn("Cases.play")(function*(name: string, one: Case) {
  const { journey } = yield* RunningJourney
  const { emulator } = journey
  const base = { "README.md": "# The shop\n", ...filesOf(one.base) }
  const repository = yield* emulator.addRepository(`acme/${name}`, [{ message: "Begin", files: base }])
  const pull = yield* emulator.openPullRequest({
    repository,
    commits: [{ message: "Change", files: filesOf(one.head) }]
  })
  for (const { body, headers, method, path, status, times } of one.faults ?? []) {
    const at = new RegExp(path.replace("{pull}", String(pull.number)))
    emulator.faults.next({ method, path: at, times }, {
      _tag: "Answer",
      status,
      message: body.message,
      ...(headers === undefined ? {} : { headers }),
      ...(body.errors === undefined ? {} : { errors: body.errors })
    })
  }
  yield* Effect.forEach(stepsOf(one), (step) => playStep(one, step, pull))
  const most = Math.max(...stepsOf(one).map(({ expect }) => expect.maxReviewPosts ?? Infinity))
  const posts = emulator.requests.filter(({ method, path }) =>
    method === "POST" && path.includes(`/acme/${name}/`) && path.endsWith("/reviews")
  )
  assert.isAtMost(posts.length, most)
})
