import { PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { jobOfHead } from "@nominal-code/domain/job/Job"
import { Effect } from "effect"
import * as GitHubEmulator from "./GitHubEmulator.ts"
import type { PullRequest } from "./GitHubState.ts"

/** A text of forty lines. */
export const before = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`)

const after = before.with(9, "line ten\n").toSpliced(29, 1)

/** An emulator with one pull request, which changes line 10 of a text, drops its line 30 and adds a file. */
export const scene = Effect.gen(function*() {
  const emulator = yield* GitHubEmulator.make()
  const repository = yield* emulator.addRepository("acme/shop", [{
    message: "Begin",
    files: { "a.txt": before.join("") }
  }])
  const pull = yield* emulator.openPullRequest({
    repository,
    commits: [{ message: "Change two lines", files: { "a.txt": after.join(""), "dir/new.txt": "one\ntwo\n" } }]
  })
  return { emulator, repository, pull, bot: emulator.account("bot") }
})

/** A job of the scene's pull request. */
export const jobOf = ({ headSha, number, repository, title }: PullRequest) =>
  jobOfHead({
    ref: new PullRequestRef({
      platform: "github",
      repo: RepoName.make(repository.fullName),
      number: PullNumber.make(number)
    }),
    title,
    headSha: Sha.make(headSha),
    headBranch: "feature",
    baseBranch: "main"
  })

/** Author of a request, and its text. */
export interface AuthoredRequest {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One request to the emulator's API. */
export const ask = (
  { apiBase }: Pick<GitHubEmulator.GitHubEmulator, "apiBase">,
  method: string,
  path: string,
  { body, headers, token }: AuthoredRequest
) =>
  Effect.promise(() =>
    fetch(`${apiBase}${path}`, {
      method,
      headers: {
        "user-agent": "test",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    }).then((response) =>
      response.text().then((text) => ({
        status: response.status,
        headers: response.headers,
        json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text
      }))
    )
  )
