import { PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import type { ReviewDraft } from "@nominal-code/domain/review/Review"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import { refsOf } from "@nominal-code/testing/GitLabState"
import { Clock, Effect, Redacted } from "effect"
import type { Forge } from "../src/Forge.ts"
import * as GitLab from "../src/GitLab.ts"
import { draft, instantClock, opened, publishing } from "./FakeGitHub.ts"

export const lines = Array.from({ length: 60 }, (_, index) => `line ${index + 1}\n`)

/** A merge request on an emulated GitLab that changes line 10 and adds a file of three lines. */
export const makeScene = Effect.fnUntraced(function*(limits: Parameters<typeof GitLabEmulator.make>[0] = {}) {
  const emulator = yield* GitLabEmulator.make(limits)
  const { state } = emulator
  const request = yield* emulator.openRequest({
    project: yield* emulator.addProject("acme/shop", [{ message: "Begin", files: { "src/cart.ts": lines.join("") } }]),
    commits: [{
      message: "Change it",
      files: { "src/cart.ts": lines.with(9, "changed\n").join(""), "src/new.ts": "one\ntwo\nthree\n" }
    }]
  })
  const bot = emulator.account("nominal-bot", true)
  const ref = new PullRequestRef({
    platform: "gitlab",
    repo: RepoName.make("acme/shop"),
    number: PullNumber.make(request.iid)
  })
  const { instant } = yield* instantClock
  const on = <A, E>(run: Effect.Effect<A, E, Forge>) =>
    run.pipe(
      Effect.provide(GitLab.layer({ apiBase: emulator.origin, token: Redacted.make(bot.token) })),
      Effect.provideService(Clock.Clock, instant)
    )
  const headSha = Sha.make(refsOf(request).head)
  const review = (comments: ReviewDraft["comments"], fields: Partial<ReviewDraft> = {}) =>
    draft(comments, { pullRequest: ref, headSha, event: { ...opened, pullRequest: ref, headSha }, ...fields })
  const publish = (...asked: Parameters<typeof review>) => on(publishing(review(...asked)))
  const ours = () => state.notes.filter(({ author }) => author === bot)
  const asked = () => emulator.requests.map(({ method, operation }) => `${method} ${operation.split("/").at(-1)}`)
  return { asked, bot, emulator, headSha, on, ours, publish, ref, request, review, state }
})
